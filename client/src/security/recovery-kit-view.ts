/** A recovery kit that was just made. Once `finish` has resolved, the words are forgotten. */
export interface RecoveryKitView {
  /** 24 words, in order. */
  readonly words: readonly string[]
  /** Places of the two words that are asked back: 1 to 24, different, ascending. */
  readonly asked: readonly [number, number]
  /** The person has shown that the words are written down. */
  finish(): Promise<void>
}

/** People write with capitals and stray spaces; the words themselves are small letters only. */
export function isKitWord(kit: RecoveryKitView, position: number, typed: string): boolean {
  return kit.words[position - 1] === typed.trim().toLowerCase().normalize('NFKD')
}
