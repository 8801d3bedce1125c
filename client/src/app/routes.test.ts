import type { CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { readInvitationLink, readPermissionLink, readRoute, writeRoute, type Route } from './routes.ts'

const clique = 'ab'.repeat(32) as CliqueId
const member = 'ef'.repeat(32) as MemberId
const space = 'cd'.repeat(16) as SpaceId

test('every address that is written is read back', () => {
  const routes: Exclude<Route, { kind: 'permission' }>[] = [
    { kind: 'start' },
    { kind: 'add' },
    { kind: 'new' },
    { kind: 'join', link: 'AbC-_123' },
    { kind: 'chats', clique },
    { kind: 'people', clique },
    { kind: 'new-conversation', clique },
    { kind: 'audience', clique, space },
    { kind: 'person', clique, member },
    { kind: 'home', clique },
    { kind: 'conversation', clique, space },
  ]
  for (const route of routes) expect(readRoute(writeRoute(route))).toEqual(route)
})

test('whatever else stands in the address leads to the start page', () => {
  for (const hash of [
    '',
    '#',
    '#/',
    '#/c/',
    `#/c/${clique}`,
    '#/c/xyz/chats',
    `#/c/${clique}/albums`,
    `#/c/${clique}/chats/${member}`,
    `#/c/${clique}/people/${space}`,
    `#/c/${clique}/people/new`,
    `#/c/${clique}/people/${member}/people`,
    `#/c/${clique}/chats/people`,
    '#claim=',
    '#claim=<script>',
    '#%',
  ]) {
    expect(readRoute(hash)).toEqual({ kind: 'start' })
  }
})

test('a claim or permission is read from the address', () => {
  expect(readRoute('#claim=Abcdefgh1')).toEqual({
    kind: 'permission',
    permission: { token: 'Abcdefgh1', relay: null },
  })
  expect(readRoute('#allow=Abcdefgh1&relay=https%3A%2F%2Frelay.example%2Fpath')).toEqual({
    kind: 'permission',
    permission: { token: 'Abcdefgh1', relay: 'https://relay.example' },
  })
  expect(readRoute('#claim=Abcdefgh1&relay=javascript:alert(1)')).toEqual({ kind: 'start' })
})

test('a claim or permission may say how a relay is reached by a page that may not ask it', () => {
  const relay = 'http://home.example:8787'
  const link = (kind: string, more: string) => `#${kind}=Abcdefgh1&relay=${encodeURIComponent(relay)}${more}`
  const known = { peer: '12D3KooWabc', webRtc: 'g1gg-_' }
  const whole = '&peer=12D3KooWabc&webrtc=g1gg-_'
  expect(readPermissionLink(link('claim', whole))).toEqual({
    token: 'Abcdefgh1',
    relay,
    known: { ...known, isClaimed: false },
  })
  expect(readPermissionLink(link('allow', whole))?.known).toEqual({ ...known, isClaimed: true })
  for (const more of [
    '&peer=12D3KooWabc',
    '&webrtc=g1gg-_',
    '&peer=<p>&webrtc=AA',
    '&peer=12D3&webrtc=%20',
  ]) {
    expect(readPermissionLink(link('claim', more))).toEqual({ token: 'Abcdefgh1', relay })
  }
  expect(readPermissionLink(`#claim=Abcdefgh1${whole}`)).toEqual({ token: 'Abcdefgh1', relay: null })
})

test('a pasted permission link names the relay that it comes from', () => {
  expect(readPermissionLink(' http://localhost:8787/#claim=Abcdefgh1 \n')).toEqual({
    token: 'Abcdefgh1',
    relay: 'http://localhost:8787',
  })
  expect(readPermissionLink('#claim=Abcdefgh1')).toEqual({ token: 'Abcdefgh1', relay: null })
  expect(readPermissionLink('https://relay.example/#invite=abc')).toBeNull()
  expect(readPermissionLink('hello')).toBeNull()
})

test('a pasted invitation is found in the whole link or in its end alone', () => {
  expect(readInvitationLink(' https://relay.example/#invite=AbC-_ ')).toBe('AbC-_')
  expect(readInvitationLink('#invite=AbC')).toBe('AbC')
  expect(readInvitationLink('https://relay.example/')).toBeNull()
})
