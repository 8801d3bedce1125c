import { maxPayloadSize } from '@clique/crypto'
import { expect, test } from 'vitest'
import { allChunkIdsOf, chunkIdsOf, maxFiles, maxFileSize, toFileName, toMediaType } from './attached-file.ts'
import { readEntry } from './entries.ts'
import { maxMessageLength } from './message-length.ts'
import { describedFile, describedPicture, longestName } from './testing/files.ts'
import { deviceNumber, emptyChapter, sessionNumber } from './testing/writers.ts'

const message = { kind: 'message', time: 1, sentAt: 2, text: 'two', files: [] }
const picture = describedPicture(700_000)
const { thumbnail } = picture.picture ?? { thumbnail: picture }

test('a message has words, files, or both', () => {
  expect(readEntry(message)).toEqual(message)
  expect(readEntry({ ...message, files: undefined, text: '' })).toBeNull()
  expect(readEntry({ ...message, text: '' })).toBeNull()
  const both = { ...message, files: [picture, describedFile(0)] }
  expect(readEntry(both)).toEqual(both)
  expect(readEntry({ ...both, text: '' })).toEqual({ ...both, text: '' })
  const { files: _, ...bare } = message
  expect(readEntry(bare)).toEqual(message)
})

const facts = picture.picture
const faults: [string, object][] = [
  ['no key', { key: '' }],
  ['a short key', { key: picture.key.slice(1) }],
  ['a key with stray bits', { key: `${picture.key.slice(0, -1)}9` }],
  ['a negative size', { size: -1 }],
  ['half a byte', { size: 0.5 }],
  ['a size without bound', { size: maxFileSize + 1 }],
  ['a size that its chunks do not have', { size: 9_000_000 }],
  ['a foreign letter among the chunks', { chunks: `!${picture.chunks.slice(1)}` }],
  ['no name', { name: '' }],
  ['a name that is no text', { name: 7 }],
  ['a folder in the name', { name: '../lake.jpg' }],
  ['a name that is turned around', { name: 'lake\u202egpj.exe' }],
  ['half a character in the name', { name: 'lake\ud800' }],
  ['too long a name', { name: `${longestName}x` }],
  ['a type with parameters', { type: 'text/html; charset=utf-8' }],
  ['no word on whether it is a picture', { picture: undefined }],
  ['a picture without width', { picture: { ...facts, width: 0 } }],
  ['a picture that no screen has room for', { picture: { ...facts, height: 1e6 } }],
  ['a picture without likeness', { picture: { ...facts, hash: '' } }],
  ['a likeness that is a file', { picture: { ...facts, hash: 'A'.repeat(400) } }],
  ['no thumbnail', { picture: { ...facts, thumbnail: null } }],
  ['a thumbnail that is a file', { picture: { ...facts, thumbnail: describedFile(300_000) } }],
]
for (const [what, change] of faults) {
  test(`a message with ${what} is passed over`, () => {
    expect(readEntry({ ...message, files: [picture, { ...picture, ...change }] })).toBeNull()
  })
}

test('files are a list, and a short one', () => {
  expect(readEntry({ ...message, files: { length: 1 } })).toBeNull()
  expect(readEntry({ ...message, files: [null] })).toBeNull()
  expect(readEntry({ ...message, files: Array(maxFiles + 1).fill(picture) })).toBeNull()
})

test('the largest message that can be written fits into a record', () => {
  const file = describedPicture(maxFileSize, { name: longestName, type: `image/${'x'.repeat(63)}` })
  const largest = { ...message, text: '山'.repeat(maxMessageLength), files: Array(maxFiles).fill(file) }
  expect(readEntry(largest)).toEqual(largest)
  const update = emptyChapter().append({ device: deviceNumber(0), session: sessionNumber(0) }, largest)
  expect(update.length).toBeLessThanOrEqual(maxPayloadSize)
})

test('thumbnails come before what they are of', () => {
  const file = describedFile(300_000)
  expect(allChunkIdsOf([file, picture])).toEqual([
    ...chunkIdsOf(thumbnail),
    ...chunkIdsOf(file),
    ...chunkIdsOf(picture),
  ])
  expect(chunkIdsOf(file)).toHaveLength(2)
})

test('a file is called what others may call it', () => {
  expect(toFileName('C:\\photos/lake \u202e.jpg')).toBe('C:photoslake .jpg')
  expect(toFileName(' \n ')).toBe('file')
  const long = toFileName(`${'é'.repeat(300)}.tar.gz`)
  expect([long.length, long.slice(-4)]).toEqual([255, 'é.gz'])
  expect(readEntry({ ...message, files: [{ ...picture, name: long }] })).not.toBeNull()
  expect(toMediaType('Text/HTML; charset=utf-8')).toBe('text/html')
  expect(toMediaType('')).toBe('application/octet-stream')
})
