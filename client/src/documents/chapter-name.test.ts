import { expect, test } from 'vitest'
import { chapterLength, chapterName, chapterToWrite, isChapterName } from './chapter-name.ts'

test('names are in the order of their numbers', () => {
  const names = [0, 9, 10, 99, 100, 12_345].map(chapterName)
  expect(names.toSorted()).toEqual(names)
  expect(names.every(isChapterName)).toBe(true)
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
    expect(isChapterName(name)).toBe(false)
  }
})
