/** The package ships without types. */
declare module 'asl-validator' {
  interface Report {
    readonly isValid: boolean;
    readonly errorsText: (separator?: string) => string;
  }
  /** Adds fields to the definition that it is given. */
  export default function validate(
    definition: unknown,
    options: { readonly checkPaths: boolean; readonly checkArn: boolean },
  ): Report;
}
