import { danmakuLimit } from '#contract/danmaku.ts';

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/u;
const blank = /[\s\p{Z}\u2800]+/gu;
const pictograph = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;
const piledMarks = /(\p{M}{4})\p{M}+/gu;

/**
 * A line as it may stand on every screen: normalised (NFC), without control, direction and zero-width characters,
 * blanks folded to single spaces, marks piled at most four high. The two characters that join pictures into one
 * (U+200D, U+FE0F) stay where they stand between pictures.
 */
export function cleanText(raw: string): string {
  const characters = [...raw.toWellFormed().replace(/[\t\n\r]/g, ' ')];
  const kept = characters.filter((one, at) => {
    if (one === '\ufe0f') return isPicture(characters[at - 1]);
    if (one === '\u200d') {
      const before = characters[at - 1] === '\ufe0f' ? characters[at - 2] : characters[at - 1];
      return isPicture(before) && isPicture(characters[at + 1]);
    }
    return !invisible.test(one);
  });
  return kept.join('').normalize('NFC').replace(piledMarks, '$1').replace(blank, ' ').trim();
}

const isPicture = (character: string | undefined): boolean =>
  character !== undefined && pictograph.test(character);

/** Whether a cleaned line can be said. */
export function judgeText(text: string): 'fine' | 'text-empty' | 'text-too-long' {
  if (text === '') return 'text-empty';
  return [...text].length > danmakuLimit ? 'text-too-long' : 'fine';
}
