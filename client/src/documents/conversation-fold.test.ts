import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyChapter, deviceNumber, write } from './testing/writers.ts'
import { foldConversation, isMessage } from './conversation-fold.ts'
import type { PlacedMessage } from './conversation-fold.ts'
import { admit } from './gate.ts'
import type { Candidate } from './gate.ts'
import { nextTime } from './hybrid-time.ts'
import type { Chapter } from './chapter.ts'

const start = 1_767_225_600_000
const day = 24 * 60 * 60 * 1000

const rowsOf = (chapter: Chapter) =>
  foldConversation(chapter.entries().filter(isMessage)).map(({ device, sequence, entry }) => [
    device,
    sequence,
    entry.text,
  ])

/** Three devices with clocks of their own; each step one writes, or hears everything of another. */
const history = fc.record({
  errors: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -day, max: day }))),
  steps: fc.array(
    fc.record({ who: fc.nat(2), hears: fc.option(fc.nat(2)), session: fc.nat(1), waits: fc.nat(5_000) }),
    { minLength: 1, maxLength: 30 },
  ),
})

test('[SHO1] any order and any partition of the records gives the same rows', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), ({ errors, steps }, choices) => {
      const all = play(errors, steps)
      const reference = emptyChapter()
      for (const candidate of all) expect(admit(reference, candidate).verdict).toBe('accept')
      const expected = rowsOf(reference)
      expect(expected).toHaveLength(all.length)

      // Another device: chains come in any interleaving, through snapshots at any moment.
      const chains = [0, 1, 2].map((n) => all.filter(({ device }) => device === deviceNumber(n)))
      let other = emptyChapter()
      while (chains.some((chain) => chain.length > 0)) {
        const choice = choices.next().value
        const candidate = chains[choice % 3]?.shift()
        if (candidate !== undefined) expect(admit(other, candidate).verdict).toBe('accept')
        if (choice % 7 === 0) other = other.copy()
      }
      expect(rowsOf(other)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('an answer stands below what it answers, whatever the clocks say', () => {
  fc.assert(
    fc.property(history, ({ errors, steps }) => {
      const seen: string[][] = []
      const all = play(errors, steps, (rows) => seen.push(rows))
      const reference = emptyChapter()
      for (const candidate of all) admit(reference, candidate)
      const texts = rowsOf(reference).map(([, , text]) => String(text))
      for (const rows of seen) {
        const last = rows.at(-1) ?? ''
        for (const earlier of rows.slice(0, -1))
          expect(texts.indexOf(earlier)).toBeLessThan(texts.indexOf(last))
      }
    }),
    { numRuns: 60 },
  )
})

interface Step {
  readonly who: number
  readonly hears: number | null
  readonly session: number
  readonly waits: number
}

function play(
  errors: readonly number[],
  steps: readonly Step[],
  onWrite: (rowsThen: string[]) => void = () => undefined,
): Candidate[] {
  const chapters = [0, 1, 2].map(emptyChapter)
  const held: Candidate[][] = [[], [], []]
  const all: Candidate[] = []
  let now = start
  steps.forEach(({ who, hears, session, waits }, i) => {
    now += waits
    const mine = chapters[who]
    const known = held[who]
    if (mine === undefined || known === undefined) return
    for (const candidate of hears === null ? [] : (held[hears] ?? [])) {
      if (known.includes(candidate)) continue
      admit(mine, candidate)
      known.push(candidate)
    }
    const clock = now + (errors[who] ?? 0)
    const times = mine.entries().map(({ entry }) => entry.time)
    const time = nextTime(times, clock)
    const sequence = 1 + known.filter(({ device }) => device === deviceNumber(who)).length
    const text = `message ${i}`
    const candidate = write(mine, who, session, sequence, { kind: 'message', time, sentAt: clock, text })
    known.push(candidate)
    all.push(candidate)
    onWrite([
      ...rowsOf(mine)
        .map(([, , other]) => String(other))
        .filter((other) => other !== text),
      text,
    ])
  })
  return all
}

function placed(device: number, time: number, sentAt: number, receivedAt: number): PlacedMessage {
  const entry = { kind: 'message', time, sentAt, files: [], text: `${time}` } as const
  return { device: deviceNumber(device), document: 'talk/00000000', index: 0, entry, sequence: 1, receivedAt }
}

test('a clock that is ahead is told from one that is behind', () => {
  const right = placed(0, start, start, start)
  const behind = placed(1, start + 1, start - day, start + 2)
  expect(foldConversation([behind, right]).map(({ clockOff }) => clockOff)).toEqual([false, true])

  const ahead = placed(0, start + day, start + day, start)
  const answer = placed(1, start + day + 1, start + 5, start + 5)
  expect(foldConversation([answer, ahead]).map(({ clockOff }) => clockOff)).toEqual([true, false])
})
