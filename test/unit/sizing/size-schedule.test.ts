import { SizeSchedule } from '../../../lib/core/sizing/size-schedule.ts';

const aSchedule = () => new SizeSchedule<string>({ lead: 5_000, hold: 3_000 });

describe('SizeSchedule', () => {
  it('has nothing in force before the first lead time is over', () => {
    const schedule = aSchedule();
    schedule.ask(0, 'a');

    expect(schedule.inForceAt(4_999)).toBeUndefined();
    expect(schedule.inForceAt(5_000)).toBe('a');
  });

  it('keeps what is in force for the hold time and then takes the newest that is ready', () => {
    const schedule = aSchedule();
    for (const second of [0, 1, 2, 3, 4]) schedule.ask(second * 1000, `at ${second}`);

    expect([5, 6, 7, 8, 9].map((second) => schedule.inForceAt(second * 1000))).toEqual([
      'at 0',
      'at 0',
      'at 0',
      'at 3',
      'at 3',
    ]);
  });

  it('keeps the last one when nothing new is asked for', () => {
    const schedule = aSchedule();
    schedule.ask(0, 'a');
    schedule.inForceAt(5_000);

    expect(schedule.inForceAt(1e9)).toBe('a');
  });
});
