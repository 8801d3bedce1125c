/**
 * Code points, first and last: spaces, controls, what lays out, joins or varies text, and fillers. A list of this project's
 * own and not Unicode's, which grows, as whoever holds a name is to judge it like everybody else ([OPS8]).
 */
const unseen: readonly (readonly [first: number, last: number])[] = [
  [0x0000, 0x0020],
  [0x007f, 0x00a0],
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
]

/** Whether nothing of a text shows: it would be a name that nobody sees. */
export function isBlank(text: string): boolean {
  return [...text].every((character) => {
    const point = character.codePointAt(0) ?? 0
    return unseen.some(([first, last]) => first <= point && point <= last)
  })
}
