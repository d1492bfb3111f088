"""How much better a larger learner would forecast: gradient boosting with some 80 features of a meter's whole history.

    pip install numpy lightgbm
    node test/bench/dump-forecasts.ts --trace DIR/bitbrains-rnd --lead 5m --hold 5m --out D/bitbrains-rnd
    python3 test/bench/forecast-bound.py --step 300 --lead 1 --warm 2016 [--out L] D/bitbrains-fastStorage D/bitbrains-rnd

With --out the others' forecasts by the learner are written as the shadows' were, for test/bench/size-forecasts.ts to size by.

Learnt on every second VM (the even ones, by number), told of the others. Features: lags, moving maxima and means up to 1,000
samples, changes, time since and share of time above parts of the peak, the same time one to seven days and one to twelve hours
ago, hour, minute, weekday, and the shadow's own quantiles. Printed for each level: pinball loss over the mean demand, averaged
over VMs, of the shadow and of the learner, and how often demand stayed at or below. State of that learner: the last week of
samples; the shadow's is under a kilobyte a meter.
"""
import argparse
import pathlib

import lightgbm
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LEVELS = [0.5, 0.8, 0.9, 0.95, 0.99, 0.995]
FLOOR = 0.002
OPTIONS = dict(
    objective="quantile", metric="None", num_leaves=31, learning_rate=0.08, min_data_in_leaf=200, feature_fraction=0.5,
    bagging_fraction=0.7, bagging_freq=1, max_bin=127, num_threads=2, seed=1, verbose=-1,
)


def load(folder):
    for line in filter(None, (folder / "index.txt").read_text().splitlines()):
        number, rows, name = line.split(" ", 2)
        table = np.fromfile(folder / f"{number}.f64").reshape(int(rows), 2 + len(LEVELS))
        yield int(number), name, table[~np.isnan(table[:, 1])]


def before(x, width):
    return sliding_window_view(np.concatenate([np.full(width - 1, x[0]), x]), width)


def fading_peak(x, left=1 - 1 / 2000):
    peak, out = 0.0, np.empty(len(x))
    for i, value in enumerate(x):
        peak = out[i] = max(value, peak * left)
    return np.maximum(out, 1e-12)


def ago(x, peak, samples, lead, reach):
    """The maximum around the same time so many samples ago; unknown where that was never seen."""
    at = np.arange(len(x)) + lead - samples
    known = at - reach >= 0
    newest = np.minimum(at + reach, np.arange(len(x)))
    out = np.full(len(x), np.nan)
    out[known] = np.log(before(x, 2 * reach + 1).max(1)[newest[known]] / peak[known] + FLOOR)
    return out


def features(times, x, own, step, lead):
    n, peak = len(x), fading_peak(x)
    share = lambda v: np.log(np.maximum(v, 0) / peak + FLOOR)
    change = np.abs(np.diff(x, prepend=x[0]))
    columns = [share(before(x, w).max(1)) for w in (1, 2, 3, 6, 12, 24, 60, 144, 288, 1000) if w < n]
    columns += [np.full(n, np.nan)] * (10 - len(columns))
    columns += [share(np.concatenate([np.full(k, x[0]), x[:-k]])) for k in range(1, 13)]
    columns += [share(before(x, min(w, n)).mean(1)) for w in (3, 12, 60, 288)]
    columns += [share(before(change, min(w, n)).mean(1)) for w in (6, 24, 288)]
    columns += [share(before(change, min(w, n)).max(1)) for w in (12, 60)]
    for part in (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9):
        above = x > part * peak
        since = np.arange(n) - np.maximum.accumulate(np.where(above, np.arange(n), -1))
        columns += [np.log1p(np.minimum(3000, since)), before(above.astype(float), min(288, n)).mean(1)]
    day, hour = round(86400 / step), max(1, round(3600 / step))
    for samples in [k * day for k in (1, 2, 3, 7)] + [k * hour for k in (1, 2, 3, 6, 12)]:
        is_known = lead < samples <= n - 10
        columns += [ago(x, peak, samples, lead, r) if is_known else np.full(n, np.nan) for r in (0, 1, 3)]
    seconds = times / 1000
    columns += [seconds % 86400 / 3600, seconds % 3600 / 60, seconds // 86400 % 7, np.log1p(np.arange(n))]
    columns += [share(np.cumsum(x) / np.arange(1, n + 1))]
    return np.column_stack([*columns, np.log(own / peak[:, None] + FLOOR)]).astype(np.float32), peak


def rows_of(folder, options, is_odd, most, chance):
    parts = []
    for number, _, table in load(folder):
        times, x, own = table[:, 0], table[:, 1], table[:, 2:]
        if number % 2 != is_odd or len(x) < options.warm + 100 or not x[options.warm :].mean() > 0:
            continue
        told, peak = features(times, x, own, options.step, options.lead)
        at = np.arange(options.warm, len(x) - options.lead)
        if len(at) > most:
            at = np.sort(chance.choice(at, most, replace=False))
        mean = x[options.warm :].mean()
        parts.append((told[at], x[at + options.lead] / peak[at], peak[at] / mean, own[at] / peak[at][:, None], np.full(len(at), number)))
    return [np.concatenate(column) for column in zip(*parts)]


def loss(y, forecast, level, scale, vm):
    each = np.where(y > forecast, level * (y - forecast), (1 - level) * (forecast - y)) * scale
    return np.mean([each[vm == one].mean() for one in np.unique(vm)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--step", type=int, default=300, help="seconds between samples")
    parser.add_argument("--lead", type=int, default=1, help="samples; windows are one sample long")
    parser.add_argument("--warm", type=int, default=2016, help="samples left out at the beginning")
    parser.add_argument("--out", type=pathlib.Path, help="folder for the learner's forecasts; takes all levels then")
    options = parser.parse_args()
    chance = np.random.default_rng(1)
    known = [rows_of(folder, options, 0, 4000, chance) for folder in options.folders]
    x, y, scale = (np.concatenate([part[i] for part in known]) for i in range(3))
    unseen = {folder.name: rows_of(folder, options, 1, 6000, chance) for folder in options.folders}
    learners = []
    for level in LEVELS if options.out else (0.9, 0.95, 0.99):
        data = lightgbm.Dataset(x, np.minimum(y, 3), weight=np.minimum(scale, 50))
        learner = lightgbm.train({**OPTIONS, "alpha": level}, data, 300)
        learners.append(learner)
        for name, (told, reached, unit, own, vm) in unseen.items():
            theirs = np.maximum(0, learner.predict(told))
            ours = own[:, LEVELS.index(level)]
            losses = [loss(reached, forecast, level, unit, vm) for forecast in (ours, theirs)]
            held = [100 * np.mean(reached <= forecast) for forecast in (ours, theirs)]
            print(f"{name:28s} {level}  shadow {losses[0]:.4f}  learner {losses[1]:.4f}  ratio {losses[1] / losses[0]:.2f}"
                  f"  held {held[0]:.1f} {held[1]:.1f} %", flush=True)
    for folder in options.folders if options.out else []:
        write(options.out / folder.name, folder, learners, options)


def write(out, folder, learners, options):
    out.mkdir(parents=True, exist_ok=True)
    index = []
    for number, name, table in load(folder):
        times, x, own = table[:, 0], table[:, 1], table[:, 2:]
        if number % 2 == 0 or len(x) < options.warm + 100 or not x[options.warm :].mean() > 0:
            continue
        told, peak = features(times, x, own, options.step, options.lead)
        shares = np.column_stack([learner.predict(told) for learner in learners])
        table[:, 2:] = np.maximum.accumulate(np.maximum(0, shares), axis=1) * peak[:, None]
        table.tofile(out / f"{number}.f64")
        index.append(f"{number} {len(table)} {name}")
    (out / "index.txt").write_text("\n".join(index) + "\n")


main()
