/** What an instance type offers, as DescribeInstanceTypes tells it. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly isBurstable: boolean;
  readonly hypervisor: 'nitro';
}

/** Sizes of the general families: vCPUs, and how many times the memory of `large`. */
const SIZES = [
  ['large', 2, 1],
  ['xlarge', 4, 2],
  ['2xlarge', 8, 4],
  ['4xlarge', 16, 8],
  ['8xlarge', 32, 16],
  ['12xlarge', 48, 24],
  ['16xlarge', 64, 32],
  ['24xlarge', 96, 48],
] as const;

/** Families, with the memory of `large` in GiB and the sizes they have. https://aws.amazon.com/ec2/instance-types/ */
const FAMILIES = [
  { family: 'm5', largeGiB: 8, sizes: SIZES },
  { family: 'm6i', largeGiB: 8, sizes: SIZES },
  { family: 'c6i', largeGiB: 4, sizes: SIZES },
  { family: 'r6i', largeGiB: 16, sizes: SIZES },
] as const;

const T3: readonly (readonly [size: string, vcpus: number, memoryMiB: number])[] = [
  ['nano', 2, 512],
  ['micro', 2, 1024],
  ['small', 2, 2048],
  ['medium', 2, 4096],
  ['large', 2, 8192],
  ['xlarge', 4, 16_384],
  ['2xlarge', 8, 32_768],
];

/** The types offered here, by name: t3, m5, m6i, c6i and r6i with their true vCPUs and memory. */
export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  [
    ...T3.map(([size, vcpus, memoryMiB]) => typeOf(`t3.${size}`, vcpus, memoryMiB)),
    ...FAMILIES.flatMap(({ family, largeGiB, sizes }) =>
      sizes.map(([size, vcpus, times]) => typeOf(`${family}.${size}`, vcpus, largeGiB * times * 1024)),
    ),
  ].map((type) => [type.name, type] as const),
);

function typeOf(name: string, vcpus: number, memoryMiB: number): InstanceType {
  return { name, vcpus, memoryMiB, isBurstable: name.startsWith('t'), hypervisor: 'nitro' };
}
