import { matchCovers, matchedKeys, selectPolicy } from '../../../lib/core/policy/select-policy.ts';
import type { Match } from '../../../lib/core/policy/policy.ts';
import { aPolicy, aVm, policiesOf } from '../../support/policy-builders.ts';

const web = aVm({ name: 'web-1', image: 'ami-0abc12', tags: { tier: 'web', team: 'shop' } });
const selects = (match: Match, vm = web): boolean =>
  selectPolicy(vm, 'kvm7', policiesOf(aPolicy({ match }))) !== undefined;

describe('selecting a policy', () => {
  it('takes the first that matches', () => {
    const set = policiesOf(
      aPolicy({ name: 'db', match: { name: ['db-*'] } }),
      aPolicy({ name: 'web', match: { name: ['web-*'] } }),
      aPolicy({ name: 'rest' }),
    );

    expect(selectPolicy(web, 'kvm7', set)?.name).toBe('web');
    expect(selectPolicy(aVm({ name: 'x' }), 'kvm7', set)?.name).toBe('rest');
  });

  it('finds none where none matches', () => {
    expect(selectPolicy(web, 'kvm7', policiesOf(aPolicy({ match: { host: ['ec2-*'] } })))).toBeUndefined();
  });

  it('wants every key to match, and of a key one of its patterns', () => {
    expect(
      selects({ name: ['web-*'], host: ['kvm?'], image: ['ami-0abc*'], vm: ['kvm1/web'], actuator: ['kvm'] }),
    ).toBe(true);
    expect(selects({ name: ['web-*'], host: ['kvm??'] })).toBe(false);
    expect(selects({ name: ['db-*', 'web-*'] })).toBe(true);
    expect(selects({ actuator: ['none', 'ec2'] })).toBe(false);
  });

  it('wants every tag to match', () => {
    expect(selects({ tags: { tier: ['w*'], team: ['shop'] } })).toBe(true);
    expect(selects({ tags: { tier: ['w*'], team: ['bank'] } })).toBe(false);
  });

  it('never matches what the primary does not have, not even with a star', () => {
    const bare = aVm();

    expect(selects({ image: ['*'] }, bare)).toBe(false);
    expect(selects({ tags: { tier: ['*'] } }, bare)).toBe(false);
    expect(selects({ tags: { constructor: ['*'] } })).toBe(false);
  });

  it('tells upper from lower case', () => {
    expect(selects({ name: ['WEB-*'] })).toBe(false);
  });

  it('says of each key what was wanted, what there is, and whether it matches', () => {
    expect(matchedKeys({ name: ['web-*'], tags: { tier: ['db'], zone: ['*'] } }, web, 'kvm7')).toEqual([
      { key: 'name', wanted: ['web-*'], got: 'web-1', matched: true },
      { key: 'tags.tier', wanted: ['db'], got: 'web', matched: false },
      { key: 'tags.zone', wanted: ['*'], got: undefined, matched: false },
    ]);
  });
});

describe('a match covers another', () => {
  it.each<[string, Match, Match]>([
    ['when it asks for nothing', {}, { name: ['web'] }],
    ['when it asks for less', { name: ['web-*'] }, { name: ['web-1'], host: ['kvm1'] }],
    ['when every pattern of the other is within one of its own', { name: ['a*', 'b*'] }, { name: ['b1', 'ab*'] }],
    ['when both are the same', { tags: { tier: ['web'] } }, { tags: { tier: ['web'] } }],
  ])('%s', (_when, outer, inner) => {
    expect(matchCovers(outer, inner)).toBe(true);
  });

  it.each<[string, Match, Match]>([
    ['when the other does not ask for its key', { image: ['*'] }, {}],
    ['when one pattern of the other is wider', { name: ['web-1'] }, { name: ['web-1', 'web-*'] }],
    ['when it asks for one character and the other for any', { name: ['web-?'] }, { name: ['web-*'] }],
    ['when it asks for another tag', { tags: { a: ['*'] } }, { tags: { b: ['*'] } }],
  ])('not %s', (_when, outer, inner) => {
    expect(matchCovers(outer, inner)).toBe(false);
  });
});
