/**
 * Colours by what they stand for. Demand, limit and forecast are blue, vermilion and green of the Okabe-Ito palette
 * (https://jfly.uni-koeln.de/color/), which stay apart under every common form of colour blindness; each is also told by its
 * shape (line, steps, fan), so that nothing rests on colour alone.
 */
const LIGHT = {
  demand: '#0072b2',
  limit: '#d55e00',
  forecast: '#009e73',
  text: '#1c2430',
  muted: '#5b6675',
  grid: '#e3e7ec',
  surface: '#ffffff',
} as const;

const DARK: Readonly<Record<Ink, string>> = {
  demand: '#56b4e9',
  limit: '#f0894a',
  forecast: '#2fc79a',
  text: '#e6eaf0',
  muted: '#98a3b3',
  grid: '#2a323d',
  surface: '#171c23',
};

export type Ink = keyof typeof LIGHT;

/** A value for `fill` or `stroke`: the page's variable where there is one, else the light colour. */
export const ink = (name: Ink): string => `var(--sc-${name}, ${LIGHT[name]})`;

/** Declares the variables for both colour schemes; goes into a page once, or into a picture that stands alone. */
export function paletteCss(): string {
  const declare = (colours: Readonly<Record<Ink, string>>): string =>
    Object.entries(colours)
      .map(([name, value]) => `--sc-${name}:${value}`)
      .join(';');
  return `:root{${declare(LIGHT)}}@media (prefers-color-scheme:dark){:root{${declare(DARK)}}}`;
}
