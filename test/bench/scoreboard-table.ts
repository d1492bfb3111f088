/**
 * Writes docs/benchmarks.md (format it with prettier): `node test/bench/scoreboard-table.ts comparison.json > docs/benchmarks.md`. The
 * comparison comes from `shadowcast backtest --compare --out-json`; nothing in the page is written by hand.
 */
import { readFileSync } from 'node:fs';
import type {
  Comparison,
  Estimate,
  MeterComparison,
  RuleResult,
  SetComparison,
  Verdict,
  Worth,
} from '../../lib/core/score/comparison.ts';
import { bestPeerAt, slackNoWorse } from '../../lib/core/score/verdict.ts';

const number = (value: number): string => {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
};
const percent = (share: number | undefined): string => (share === undefined ? '–' : number(100 * share));
const ratio = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
const estimate = (of: Estimate | undefined): string =>
  of === undefined ? '–' : `${ratio(of.value)} (${ratio(of.low)}–${ratio(of.high)})`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  row(head.map(() => '---')),
  ...rows.map(row),
  '',
];

const time = (seconds: number): string => {
  if (seconds >= 86_400) return `${Number((seconds / 86_400).toFixed(1))} d`;
  if (seconds >= 60) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${seconds} s`;
};

const PROSE = `
What each rule's sizes would have been worth on recorded traces. Every rule sees the same samples and decides after each of
them; a decision from samples up to t is in force from t + lead on, and what is in force stays for the hold time. The
beginning (warm-up) is not scored. Figures are means over VMs, each VM the same, in %:

- **violations**: share of samples with demand D above the capacity A; **unserved**: Σ(D−A)⁺/ΣD;
- **slack**: Σ(A−D)⁺/ΣD; **of size**: Σ(A−D)⁺/ΣA; **backlog**: 99th percentile of B/A, B = max(0, B + (D−A)·dt), in seconds;
- **changes**: of the capacity per VM and day; **USD**: capacity at list prices per VM-month.

Each rule's one risk knob is swept; rules are compared at the same violation rate, between two settings linear in the
violation rate on a logarithmic scale ("–": the knob does not reach it). The best peer is the one with the least slack there.
Ratios are ours over the best peer (below 1 is less), with 95 % bootstrap intervals over VMs (2,000 draws, paired). "No more
unserved" is ours at the setting that has neither more violations nor more unserved than the peer. The ratio at the same unserved share
is against the peer with the least slack at the unserved share that ours has there: a rule that gives up on tall spikes wins
the count of violations only. "Without Autopilot ML" is the ratio against the best of the rules whose parameters are published (of
Autopilot ML only the form is; the weights here are our reading, swept). Ours shares each risk among the VMs of a set, as the
figures are means over them: VMs whose last percent is dear to cover are short a little more often than the others
(\`lib/core/sizing/risk-pool.ts\`); "each by itself" is ours with the risk for every VM alone. Better, level and worse count VMs by
their own slack at the rate (level within 2 %).
`;

const NOTES = `
## How the rules are built

Parameters as published; where a rule could be served better than by the letter, it is, so that no peer loses by its set-up:

- **Kubernetes VPA**: decaying histogram (5 % buckets, 24 h), P90 + 15 %, memory by daily peaks and the out-of-memory rule
  (max(use + 100 MiB, 1.2 use)), update gate of 12 h or 10 % outside the confidence bounds; and the same without the gate.
- **Autopilot window**: half-lives 12 h (memory 48 h), + 12.5 %, highest of the last hour; of 5-minute peaks, or load-adjusted
  over all samples.
- **Autopilot ML**: decay × margin ensemble with switching costs. The paper counts samples below a limit as under-run; counted
  so, over-run and under-run add up to a constant and the highest limit always wins, so idle capacity is used as its text says. A
  model is judged by the limit it had set before the period.
- **Compute Optimizer**: percentile of the last 14 days + 20 %, once a day; and the same after every sample.
- **crane DSP**: spectrum and autocorrelation test for 1 d and 7 d over 15 days, best of three estimators by its asymmetric error,
  refitted daily, and not less than the last sample, as its autoscaler takes it; its P99 percentile estimator where nothing repeats.
- **Reactive thresholds**: × 1.5 above the threshold for 3 samples, × 0.75 below half of it for 60 min, cooldowns 5 and 60 min; and
  the same with 12 and 1 samples for 60 and 5 min.
- Histograms of peers have 100,000 times finer buckets at the bottom than the highest sample, finer than any of them has.
- **Perfect forecast**: the highest demand of the very window. **Offline optimum**: dynamic programming over 35 capacities with a
  price on violations (swept) and on changes (the mean demand for one window); it may give up on tall spikes.

\`test/unit/score/reference.test.ts\` holds violations, unserved, slack and changes of seven rules to an independent
implementation in Python, to 0.001 points.
`;

function verdictRows({ sets }: Comparison, rate: number): string[][] {
  return sets.flatMap((set) =>
    set.meters.map((meter) => {
      const verdict = meter.verdicts.find(({ violationRate }) => violationRate === rate);
      const realised = meter.calibration.find(({ risk }) => risk === rate)?.violationRate;
      const reading = meter.rules.find(({ kind }) => kind === 'ours')?.at.find((at) => at.violationRate === rate);
      const best = meter.rules.find(({ id }) => id === verdict?.bestPeer);
      const other = best?.at.find((at) => at.violationRate === rate);
      return [
        set.name,
        meter.meter,
        percent(realised),
        percent(reading?.slack),
        percent(other?.slack),
        best?.title ?? '–',
        estimate(verdict?.slackRatio),
        estimate(verdict?.unservedRatio),
        noWorseWords(verdict),
        sameWords(meter, verdict),
        publishedWords(meter, rate),
        singleWords(verdict),
        tallyWords(verdict),
      ];
    }),
  );
}

const noWorseWords = (verdict: Verdict | undefined): string =>
  verdict?.slackNoWorse === undefined ? '–' : ratio(verdict.slackNoWorse);

const singleWords = (verdict: Verdict | undefined): string =>
  verdict?.single === undefined ? '–' : `${ratio(verdict.single.slackRatio)}, ${ratio(verdict.single.unservedRatio)}`;

/** Ours over the best peer but Autopilot ML, and which one that is. */
function publishedWords({ rules }: MeterComparison, rate: number): string {
  const at = (rule: RuleResult | undefined): RuleResult['at'][number] | undefined =>
    rule?.at.find(({ violationRate }) => violationRate === rate);
  const ours = at(rules.find(({ kind }) => kind === 'ours'));
  const published = bestPeerAt(
    rules.filter(({ id }) => id !== 'autopilot-ml'),
    rate,
  );
  const peer = at(published);
  if (ours === undefined || peer === undefined || published === undefined) return '–';
  const noWorse = slackNoWorse(rules, published.id, rate);
  const ratios = [ours.slack / peer.slack, ours.unserved / Math.max(peer.unserved, 1e-12)].map(ratio);
  return `${ratios.join(', ')}, ${noWorse === undefined ? '–' : ratio(noWorse)} of ${published.title}`;
}

const tallyWords = (verdict: Verdict | undefined): string =>
  verdict === undefined ? '–' : `${verdict.wins}/${verdict.ties}/${verdict.losses}`;

function sameWords({ rules }: MeterComparison, verdict: Verdict | undefined): string {
  const same = verdict?.sameUnserved;
  if (same === undefined) return '–';
  return `${ratio(same.slackRatio)} of ${rules.find(({ id }) => id === same.bestPeer)?.title ?? same.bestPeer}`;
}

const VERDICT_HEAD = [
  'set',
  'meter',
  'violations at this risk',
  'slack',
  'best peer’s',
  'best peer',
  'slack ratio',
  'unserved ratio',
  'slack ratio, no more unserved',
  'slack ratio at the same unserved share',
  'without Autopilot ML: slack, unserved ratio; slack, no more unserved',
  'each by itself: slack, unserved ratio',
  'better/level/worse',
];

const known = (value: number | undefined): string => (value === undefined ? '–' : number(value));

/** At the setting whose violation rate is nearest to 1 %, as a ratio. */
function backlogAt(frontier: RuleResult['frontier']): number | undefined {
  const distance = ({ violationRate }: Worth): number => Math.abs(Math.log(Math.max(violationRate, 1e-6) / 0.01));
  return [...frontier].sort((a, b) => distance(a) - distance(b))[0]?.backlogSeconds;
}

function ruleCells({ title, kind, frontier, at }: RuleResult): string[] {
  const reading = (rate: number): Partial<Worth> | undefined => at.find(({ violationRate }) => violationRate === rate);
  const one = reading(0.01) ?? (frontier.length === 1 ? frontier[0] : undefined) ?? {};
  const five = reading(0.05) ?? {};
  return [
    kind === 'ours' ? `**${title}**` : title,
    percent(one.unserved),
    percent(one.slack),
    percent(one.relativeSlack),
    known(backlogAt(frontier)),
    known(one.changesPerVmDay),
    known(one.cost),
    percent(five.unserved),
    percent(five.slack),
  ];
}

const RULE_HEAD = [
  'rule',
  'unserved at 1 %',
  'slack',
  'of size',
  'backlog, nearest setting',
  'changes',
  'USD',
  'unserved at 5 %',
  'slack',
];

function setLines(set: SetComparison): string[] {
  const times = `step ${time(set.stepSeconds)}, lead ${time(set.leadSeconds)}, hold ${time(set.holdSeconds)}`;
  const cpu = set.meters.find(({ meter }) => meter === 'cpu');
  return [
    `### ${set.name}`,
    '',
    `${set.vms} VMs, ${set.samples} samples; ${times}, warm-up ${time(set.warmUpSeconds)}.`,
    '',
    ...(cpu === undefined ? [] : cpuLines(cpu)),
  ];
}

function cpuLines({ rules, coverage, worst }: MeterComparison): string[] {
  return [
    ...table(RULE_HEAD, rules.map(ruleCells)),
    `Windows at or below the forecast: ${coverage.map(({ level, covered }) => `${percent(level)} %: ${percent(covered)} %`).join(', ')}.`,
    '',
    ...(worst.length === 0
      ? []
      : ['Where ours loses most:', '', ...worst.map(({ vm, reason }) => `- ${vm}: ${reason}`), '']),
  ];
}

const comparison = JSON.parse(readFileSync(process.argv[2] ?? 'comparison.json', 'utf8')) as Comparison;
const lines = [
  '# Benchmarks: ours beside other rules',
  '',
  'Made by `node test/bench/scoreboard-table.ts comparison.json > docs/benchmarks.md` from',
  '',
  '```',
  `${comparison.command} --out-json comparison.json`,
  '```',
  '',
  `in ${comparison.seconds.toFixed(0)} s (${comparison.processorSeconds.toFixed(0)} s of processor time, two threads). Prices: ${comparison.prices.source}, ${comparison.prices.date}.`,
  PROSE,
  '## At a violation rate of 1 %',
  '',
  ...table(VERDICT_HEAD, verdictRows(comparison, 0.01)),
  '## At a violation rate of 5 %',
  '',
  ...table(VERDICT_HEAD, verdictRows(comparison, 0.05)),
  '## All rules, cpu',
  '',
  ...comparison.sets.flatMap(setLines),
  NOTES.trim(),
  '',
];
process.stdout.write(lines.join('\n'));
