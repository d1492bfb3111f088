/** What a call throws; fails when it does not. */
export function refusalOf(call: () => unknown): unknown {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return error;
  }
  throw new Error(`expected a refusal, got ${JSON.stringify(returned)}`);
}
