import { bytesToId } from '@clique/crypto/verify'
import { describe, expect, it } from 'vitest'
import { serverLimits } from '../server-limits.ts'
import type { TenantId } from '../storage/storage.ts'
import type { Attested } from './facts.ts'
import { Hub } from './hub.ts'
import type { HubSession } from './hub.ts'
import type { SessionEvent } from './session.ts'

const place = bytesToId('mailbox', new Uint8Array(32))
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
    leave: () => hub.remove(session, 0),
  }
  hub.add(session)
  return session
}

describe('the hub', () => {
  it('[MB7] tells watchers of a growth once a turn, and not the one who appended', async () => {
    const hub = new Hub()
    const [a, b, c] = [join(hub, 'a', attested), join(hub, 'b', attested), join(hub, 'c', attested)]
    for (const session of [a, b]) hub.watch(place, session)
    hub.grew(place, 1, a)
    hub.grew(place, 2, a)
    await new Promise((resolve) => setImmediate(resolve))
    expect([a.heard, b.heard, c.heard]).toEqual([[], [{ kind: 'grew', place, next: 2 }], []])
    hub.grew(place, 3, a)
    hub.grew(place, 4, b)
    await new Promise((resolve) => setImmediate(resolve))
    // Each of them lacks what the other appended.
    expect([a.heard.length, b.heard.length]).toEqual([1, 2])
    hub.unwatch(place, a)
    hub.remove(b, 0)
    hub.grew(place, 5, c)
    await new Promise((resolve) => setImmediate(resolve))
    expect([a.heard.length, b.heard.length]).toEqual([1, 2])
  })

  it('[R9] gives a place that strangers hold to whoever comes, never one of a member', () => {
    const hub = new Hub()
    const member = join(hub, 'a', attested)
    const stranger = join(hub, 'b', null)
    expect(hub.makeRoom(3, 0)).toBe(true)
    expect(hub.makeRoom(2, 0)).toBe(true)
    expect(stranger.heard).toEqual([{ kind: 'close', code: 'relay-too-many' }])
    join(hub, 'c', attested)
    expect(hub.makeRoom(2, 0)).toBe(false)
    expect(member.heard).toEqual([])
  })

  it('[R4] knows the tenant of a PeerId while its attestation lasts', () => {
    const hub = new Hub()
    join(hub, 'a', null)
    const session = join(hub, 'a', attested)
    expect(hub.tenantOf('a', 99)).toBe('clique')
    expect(hub.tenantOf('a', 100)).toBeNull()
    expect(hub.tenantOf('b', 0)).toBeNull()
    hub.remove(session, 0)
    expect(hub.tenantOf('a', 0)).toBeNull()
  })

  it('[R11] counts whoever left a moment ago as here, and as attested for a tenant whoever was', () => {
    const hub = new Hub()
    const over = serverLimits.betweenSessions
    const later: Attested = { ...attested, expires: 1e9 }
    hub.remove(join(hub, 'a', later), 50)
    // What follows is no proof, and a session that outlived its attestation is none.
    hub.remove(join(hub, 'a', null), 60)
    hub.remove(join(hub, 'b', attested), 100)
    const here = (peer: string, now: number) => [
      ...(hub.isHere(peer, now) ? ['any'] : []),
      ...['clique', 'another'].filter((tenant) => hub.isHere(peer, now, tenant as TenantId)),
    ]
    expect(here('a', over + 49)).toEqual(['any', 'clique'])
    expect(here('a', over + 50)).toEqual(['any'])
    hub.forget(over + 50)
    expect(here('a', 60)).toEqual(['any'])
    expect(here('a', over + 60)).toEqual([])
    expect(here('b', 100)).toEqual(['any'])
    hub.forget(over + 100)
    expect(here('b', 100)).toEqual([])
    join(hub, 'b', later)
    expect(here('b', over * 2)).toEqual(['any', 'clique'])
  })

  it('[R3] is left when the last session has gone', async () => {
    const hub = new Hub()
    join(hub, 'a', null)
    await hub.leave(60_000)
    expect(hub.size).toBe(0)
  })
})
