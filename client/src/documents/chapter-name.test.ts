import { expect, test } from 'vitest'
import type { EpochId, RosterState } from '@clique/crypto'
import { chapterLength, chapterName, chapterPrefix, chapterRoot, chapterToWrite } from './chapter-name.ts'
import { epochOfChapter, isChapterName, nextChapter } from './chapter-name.ts'

test('names are in the order of their numbers', () => {
  const names = [0, 9, 10, 99, 100, 12_345].map((number) => chapterName(number))
  expect(names.toSorted()).toEqual(names)
  expect(names.every((name) => isChapterName(name, chapterRoot))).toBe(true)
})

test('a full chapter is followed by the next', () => {
  expect(chapterToWrite(null)).toBe(chapterName(0))
  expect(chapterToWrite({ document: chapterName(7), count: chapterLength - 1 })).toBe(chapterName(7))
  expect(chapterToWrite({ document: chapterName(7), count: chapterLength })).toBe(chapterName(8))
  expect(chapterToWrite({ document: 'talk/99999999', count: chapterLength })).toBe('talk/99999999')
})

test('nothing else is a chapter', () => {
  for (const name of [
    '',
    'talk/',
    'talk/1',
    'talk/-0000001',
    'talk/000000001',
    'note/00000001',
    'talk/0000000a',
  ]) {
    expect(isChapterName(name, chapterRoot)).toBe(false)
  }
})

const [one, two, three] = ['e1', 'e2', 'e3'] as unknown as [EpochId, EpochId, EpochId]

function rosterWith(history: 'full' | 'since-join') {
  const [archive, circle] = [0, 1].map((digit) => String(digit).repeat(64))
  const epochs = [
    [one, { id: one, archive, circle }],
    [two, { id: two, archive: circle, circle }],
    [three, { id: three, archive, circle: archive }],
  ] as const
  return { policy: { history }, epochs: new Map(epochs) } as unknown as RosterState
}

test('where newcomers read everything all chapters are one row', () => {
  const roster = rosterWith('full')
  expect(chapterPrefix(roster, one)).toBe(chapterPrefix(roster, two))
  expect(epochOfChapter(roster, chapterName(3))).toBeNull()
})

test('where they do not, each archive and those whom its epochs name have chapters of their own, which everybody names alike', () => {
  const roster = rosterWith('since-join')
  const prefix = chapterPrefix(roster, two)
  expect(prefix).not.toBe(chapterPrefix(roster, one))
  expect(chapterPrefix(roster, three)).not.toBe(chapterPrefix(roster, one))
  const first = chapterToWrite(null, prefix)
  expect(isChapterName(first, prefix)).toBe(true)
  expect(isChapterName(first, chapterPrefix(roster, one))).toBe(false)
  expect(isChapterName(first, chapterRoot)).toBe(false)
  expect(isChapterName(chapterName(0), prefix)).toBe(false)
  expect(nextChapter(first, prefix)).toBe(chapterName(1, prefix))
  expect(chapterToWrite({ document: first, count: chapterLength }, prefix)).toBe(chapterName(1, prefix))
  expect(epochOfChapter(roster, first)?.id).toBe(two)
  expect(() => chapterPrefix(roster, 'e4' as EpochId)).toThrow()
})
