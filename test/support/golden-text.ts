import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Compares text with a golden file. `UPDATE_GOLDEN=1` writes it instead; with CI set that is refused, so that a golden
 * file changes only where a person sees the difference.
 */
export function expectGolden(file: URL, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    if (process.env['CI'] !== undefined) throw new Error('golden files are not written in CI');
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}
