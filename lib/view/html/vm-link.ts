/** Where a VM's view is on the page, in the address's fragment; ids may contain anything. */
export const vmLink = (vm: string): string => `#/vm/${encodeURIComponent(vm)}`;
