/** Text that is markup already; everything else is escaped where it enters. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Piece = string | number | Markup | false | undefined | readonly Piece[];

/**
 * Template tag for HTML and SVG: what is interpolated is escaped, unless it is `Markup` itself; lists are joined;
 * `undefined` and `false` are nothing. Attributes must be in double quotes. Names of VMs come from strangers, so there is
 * no way round this tag other than `new Markup`.
 */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const text = strings.reduce((before, part, index) => before + render(pieces[index - 1]) + part);
  return new Markup(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for content or a quoted attribute; characters that XML 1.0 forbids become U+FFFD. */
export function escapeText(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are the characters outside XML 1.0's production Char
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .toWellFormed()
      .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
  );
}

function render(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escapeText(piece);
  return piece.map(render).join('');
}
