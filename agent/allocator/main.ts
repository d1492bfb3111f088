#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// this program is started anew for every plan and its start lies between demand and effect: what it compiled once is kept
enableCompileCache();
const { runAllocator } = await import('./command.ts');
process.exitCode = await runAllocator(process.argv.slice(2), process.env);
