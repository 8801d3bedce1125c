import { bytesToId } from '@clique/crypto/verify'
import { describe, expect, it } from 'vitest'
import type { TenantId } from '../storage/storage.ts'
import type { Attested } from './facts.ts'
import { Hub } from './hub.ts'
import type { HubSession } from './hub.ts'
import type { SessionEvent } from './session.ts'

const mailbox = bytesToId('mailbox', new Uint8Array(32))
const attested: Attested = { tenant: 'clique' as TenantId, generation: 1, expires: 100 }

function join(
  hub: Hub,
  peer: string,
  holds: Attested | null,
): HubSession & { readonly heard: SessionEvent[] } {
  const heard: SessionEvent[] = []
  const session = {
    peer,
    attested: holds,
    heard,
    deliver: (event: SessionEvent) => void heard.push(event),
    leave: () => hub.remove(session),
  }
  hub.add(session)
  return session
}

describe('the hub', () => {
  it('[MB7] tells watchers of a growth once a turn, and not the one who appended', async () => {
    const hub = new Hub()
    const [a, b, c] = [join(hub, 'a', attested), join(hub, 'b', attested), join(hub, 'c', attested)]
    for (const session of [a, b]) hub.watch(mailbox, session)
    hub.grew(mailbox, 1, a)
    hub.grew(mailbox, 2, a)
    await new Promise((resolve) => setImmediate(resolve))
    expect([a.heard, b.heard, c.heard]).toEqual([[], [{ kind: 'grew', mailbox, next: 2 }], []])
    hub.grew(mailbox, 3, a)
    hub.grew(mailbox, 4, b)
    await new Promise((resolve) => setImmediate(resolve))
    // Each of them lacks what the other appended.
    expect([a.heard.length, b.heard.length]).toEqual([1, 2])
    hub.unwatch(mailbox, a)
    hub.remove(b)
    hub.grew(mailbox, 5, c)
    await new Promise((resolve) => setImmediate(resolve))
    expect([a.heard.length, b.heard.length]).toEqual([1, 2])
  })

  it('[R9] gives a place that strangers hold to whoever comes, never one of a member', () => {
    const hub = new Hub()
    const member = join(hub, 'a', attested)
    const stranger = join(hub, 'b', null)
    expect(hub.makeRoom(3)).toBe(true)
    expect(hub.makeRoom(2)).toBe(true)
    expect(stranger.heard).toEqual([{ kind: 'close', code: 'relay-too-many' }])
    join(hub, 'c', attested)
    expect(hub.makeRoom(2)).toBe(false)
    expect(member.heard).toEqual([])
  })

  it('[R4] knows the tenant of a PeerId while its attestation lasts', () => {
    const hub = new Hub()
    join(hub, 'a', null)
    const session = join(hub, 'a', attested)
    expect(hub.tenantOf('a', 99)).toBe('clique')
    expect(hub.tenantOf('a', 100)).toBeNull()
    expect(hub.tenantOf('b', 0)).toBeNull()
    hub.remove(session)
    expect(hub.tenantOf('a', 0)).toBeNull()
  })

  it('[R3] is left when the last session has gone', async () => {
    const hub = new Hub()
    join(hub, 'a', null)
    await hub.leave(60_000)
    expect(hub.size).toBe(0)
  })
})
