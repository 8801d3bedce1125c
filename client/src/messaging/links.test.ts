import { expect, test } from 'vitest'
import { splitLinks } from './links.ts'

const links = (text: string) => splitLinks(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []))

test('the parts put together are the text', () => {
  const text = 'See https://a.example/x?y=1#z, and (https://b.example/w_(c)) too.'
  expect(
    splitLinks(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
  expect(links(text)).toEqual(['https://a.example/x?y=1#z', 'https://b.example/w_(c)'])
})

test('only http and https can be clicked', () => {
  expect(
    links(
      'javascript:alert(1) data:text/html,x ftp://a.example file:///etc www.a.example mailto:a@b.example',
    ),
  ).toEqual([])
})

test('an address with a user name in front of the host is left as text', () => {
  expect(links('https://bank.example@evil.example/')).toEqual([])
})

test('direction marks cannot turn an address around', () => {
  expect(links('https://a.example/\u202etxt.exe')).toEqual(['https://a.example/'])
})

test('text without addresses is one part, and no text is none', () => {
  expect(splitLinks('hello')).toEqual([{ kind: 'text', text: 'hello' }])
  expect(splitLinks('')).toEqual([])
})
