import { bytesToId, CliqueError, encodeInvitation, isCliqueError, systemRandom } from '@clique/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seedToPeer } from '../network/relay-address.ts'
import { readLink } from './join-clique.ts'

const clique = bytesToId('clique', systemRandom(32))
const secret = systemRandom(32)
const peer = seedToPeer(new Uint8Array(32).fill(7))

function linkTo(...relays: readonly { url: string; peer: string }[]): string {
  return encodeInvitation({ clique, secret, relays })
}

/** Either it leads somewhere, or it is said to be broken; nothing else comes out. */
function expectCoded(text: string): void {
  try {
    const { link, relayHost } = readLink(text)
    expect(relayHost).not.toBe('')
    expect(link.relays.length).toBeGreaterThan(0)
  } catch (error) {
    if (!isCliqueError(error)) throw error
    expect(error.code).toBe('invite-link-broken')
  }
}

test('[INV1] a link whose relay has no address is broken, one with another relay leads there', () => {
  for (const url of [
    'http://[',
    'https://a:b:c',
    'http://relay:99999',
    'http://%',
    'http://a b',
    'https://',
  ]) {
    expect(() => readLink(linkTo({ url, peer }))).toThrow(new CliqueError('invite-link-broken'))
  }
  expect(() => readLink(linkTo())).toThrow(new CliqueError('invite-link-broken'))
  const good = { url: 'https://relay.example:8443', peer }
  const { link, relayHost } = readLink(linkTo({ url: 'http://[', peer: seedToPeer(secret) }, good))
  expect(relayHost).toBe('relay.example:8443')
  expect(link.relays).toEqual([good])
})

test('[INV1] whatever stands in a link, reading it ends with a code', () => {
  const whole = linkTo({ url: 'https://relay.example', peer })
  const host = fc.string({ unit: fc.constantFrom(..."[]:.%-_*~!$&'()+,;=0123456789abcxyzß。\u0000\u202e") })
  fc.assert(
    fc.property(fc.constantFrom('http://', 'https://'), host, fc.string(), (scheme, name, other) => {
      expectCoded(linkTo({ url: `${scheme}${name}`, peer }))
      expectCoded(linkTo({ url: `${scheme}${name}`, peer: other }))
      expectCoded(linkTo({ url: other, peer }))
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expectCoded(text)))
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(whole.length), fc.string(), (from, to, put) => {
      expectCoded(whole.slice(0, from) + put + whole.slice(to))
    }),
  )
})
