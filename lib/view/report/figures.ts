/** A share in per cent with two significant digits below ten: 0.0097 is `0.97 %`, 0.684 is `68 %`. */
export function percentWords(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0) return '0 %';
  if (size < 0.005) return '<0.01 %';
  return `${signed(size < 0.995 ? percent.toFixed(2) : percent.toFixed(size < 9.95 ? 1 : 0))} %`;
}

/** US dollars: `$61.50`, `$1,240`. */
export function dollarWords(dollars: number): string {
  const size = Math.abs(dollars);
  const digits = size >= 1_000 ? 0 : 2;
  const text = size.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${dollars < 0 && Number(size.toFixed(digits)) !== 0 ? '−' : ''}$${text}`;
}

/** A count or rate: three significant digits, thousands apart. */
export function countWords(count: number): string {
  const size = Math.abs(count);
  if (size >= 1_000)
    return signed(
      Math.round(count)
        .toString()
        .replace(/\B(?=(\d{3})+(?!\d))/g, ','),
    );
  return signed(String(Number(count.toPrecision(3))));
}

/** Hours, as minutes below two: `45 min`, `12.5 h`. */
export const hourWords = (hours: number): string =>
  hours > 0 && hours < 2 ? `${countWords(hours * 60)} min` : `${countWords(hours)} h`;

/** A ratio: `0.68`, `1.57`, `12.4`. */
export const ratioWords = (ratio: number): string => (ratio < 9.995 ? ratio.toFixed(2) : ratio.toPrecision(3));

/** With a minus sign, not a hyphen. */
const signed = (text: string): string => text.replace(/^-/, '−');
