import { describe, expect, test } from 'vitest'
import { bytesToId, encode, sha256, labels, signerFromSeed, toHex } from '@clique/crypto'
import type { CliqueId, DeviceId, OperationId, Random, Signer } from '@clique/crypto'
import { Auth } from './auth.ts'
import type { AuthSide, Authenticated, KnownDevice } from './auth.ts'
import { bytesToAuthMessage, tagCount, tagSize } from './auth-messages.ts'

const seed = 20261123
const clique = bytesToId('clique', new Uint8Array(32).fill(9))

/** Bytes that follow from the seed, so that a failing run can be repeated. */
function seededRandom(from: number): Random {
  let counter = 0
  return (n) => {
    let bytes = new Uint8Array(0)
    while (bytes.length < n) {
      bytes = new Uint8Array([...bytes, ...sha256(labels.chunkId, encode([from, counter++]))])
    }
    return bytes.slice(0, n)
  }
}

function key(epoch: number): { key: Uint8Array } {
  return { key: sha256(labels.gateKey, encode([epoch])) }
}

interface Person {
  device: DeviceId
  signer: Signer
  peer: string
}

function person(name: string): Person {
  const signer = signerFromSeed(sha256(labels.chunkId, encode(name)))
  return { signer, device: bytesToId('device', signer.publicKey), peer: `peer-${name}` }
}

const anna = person('anna')
const ben = person('ben')
const head = bytesToId('operation', new Uint8Array(32).fill(4))

function roster(...people: Person[]): (device: DeviceId) => KnownDevice | null {
  return (device) => {
    const found = people.find((one) => one.device === device)
    return found === undefined ? null : { peer: found.peer, isIn: true }
  }
}

function side(
  role: 'dialer' | 'listener',
  own: Person,
  other: Person,
  change: Partial<AuthSide> = {},
): AuthSide {
  return {
    role,
    clique,
    device: own.device,
    signer: own.signer,
    ownPeer: own.peer,
    otherPeer: other.peer,
    gateKeys: [key(1)],
    heads: [head],
    deviceInRoster: roster(anna, ben),
    random: seededRandom(seed + (role === 'dialer' ? 1 : 2)),
    ...change,
  }
}

interface Run {
  results: Map<string, Authenticated>
  frames: Uint8Array[]
}

/** Hands frames to and fro until both are done. `tamper` may change a frame on its way. */
async function meet(
  dialer: AuthSide,
  listener: AuthSide,
  tamper: (frame: Uint8Array, place: number) => Uint8Array = (frame) => frame,
): Promise<Run> {
  const sides = [new Auth(dialer), new Auth(listener)] as const
  const run: Run = { results: new Map(), frames: [] }
  let frame = sides[0].open()
  expect(sides[1].open()).toBeNull()
  for (let turn = 1; frame !== null; turn++) {
    run.frames.push(frame)
    const step = await sides[turn % 2 === 1 ? 1 : 0].receive(tamper(frame, run.frames.length - 1))
    if (step.done !== null) run.results.set(turn % 2 === 1 ? 'listener' : 'dialer', step.done)
    frame = step.send
  }
  return run
}

const code = (value: string) => expect.objectContaining({ code: value })

describe('two devices of one clique', () => {
  test('[AU1] know each other after six messages', async () => {
    const { results, frames } = await meet(side('dialer', anna, ben), side('listener', ben, anna))
    expect(results.get('dialer')).toEqual({ device: ben.device, heads: [head] })
    expect(results.get('listener')).toEqual({ device: anna.device, heads: [head] })
    expect(frames).toHaveLength(6)
  })

  test.each([
    ['listener was away', [40, 39, 38], Array.from({ length: 40 }, (_, i) => 200 - i).concat(40)],
    ['dialer was away', Array.from({ length: 40 }, (_, i) => 200 - i).concat(40), [40, 39, 38]],
  ])('[AU2] meet in any epoch that both hold when the %s', async (_, listenerEpochs, dialerEpochs) => {
    const { results } = await meet(
      side('dialer', anna, ben, { gateKeys: dialerEpochs.map(key) }),
      side('listener', ben, anna, { gateKeys: listenerEpochs.map(key) }),
    )
    expect(results.size).toBe(2)
  })
})

describe('a stranger', () => {
  test('[AU3] who holds no epoch gets tags of one size and no name', async () => {
    const stranger = side('dialer', person('mallory'), ben, { gateKeys: [key(77)] })
    const listener = side('listener', ben, person('mallory'))
    const seen: Uint8Array[] = []
    const run = meet(stranger, listener, (frame) => {
      seen.push(frame)
      return frame
    })
    await expect(run).rejects.toEqual(code('auth-no-common-epoch'))
    const text = seen.map(toHex).join('')
    expect(text).not.toContain(ben.device)
    expect(text).not.toContain(clique)
    expect(seen[1]?.length).toBeLessThan(tagCount * (tagSize + 1) + 64)
  })

  test('[AU3] does not learn how many epochs somebody has, and is answered no more', async () => {
    const listener = new Auth(side('listener', ben, person('mallory'), { gateKeys: [key(1), key(2)] }))
    const stranger = new Auth(side('dialer', person('mallory'), ben, { gateKeys: [key(77)] }))
    const { send: challenge } = await listener.receive(stranger.open() ?? new Uint8Array())
    if (challenge === null) throw new Error('a hello is answered')
    const message = bytesToAuthMessage(challenge)
    const tags = message.kind === 'challenge' ? message.tags.map(toHex) : []
    expect(new Set(tags).size).toBe(tagCount)
    const { send: offer } = await stranger.receive(challenge)
    await expect(listener.receive(offer ?? new Uint8Array())).rejects.toEqual(code('auth-no-common-epoch'))
  })

  test('[AU4] dialled by mistake learns no name either', async () => {
    const run = meet(
      side('dialer', anna, ben),
      side('listener', ben, anna, { gateKeys: [key(78)] }),
      (frame, place) => (expect(toHex(frame)).not.toContain(anna.device), place === 2 ? frame : frame),
    )
    await expect(run).rejects.toEqual(code('auth-no-common-epoch'))
  })

  test('[AU5] who holds a gate key but is not in the roster is refused before this side names itself', async () => {
    const mallory = person('mallory')
    const frames: Uint8Array[] = []
    const run = meet(side('dialer', mallory, ben), side('listener', ben, mallory), (frame) => {
      frames.push(frame)
      return frame
    })
    await expect(run).rejects.toEqual(code('auth-not-a-member'))
    expect(frames.map(toHex).join('')).not.toContain(ben.device)
  })
})

describe('a device of the roster', () => {
  test('[AU6] that was removed is refused, though it holds old gate keys', async () => {
    const removed = (device: DeviceId): KnownDevice | null =>
      device === anna.device ? { peer: anna.peer, isIn: false } : null
    const run = meet(side('dialer', anna, ben), side('listener', ben, anna, { deviceInRoster: removed }))
    await expect(run).rejects.toEqual(code('auth-not-a-member'))
  })

  test('[AU7] is refused on a connection of another PeerId', async () => {
    const elsewhere = { ...anna, peer: 'peer-of-somebody-else' }
    const run = meet(side('dialer', elsewhere, ben), side('listener', ben, elsewhere))
    await expect(run).rejects.toEqual(code('auth-wrong-device'))
  })

  test('[AU8] does not take itself for somebody else', async () => {
    const run = meet(side('dialer', anna, anna), side('listener', anna, anna))
    await expect(run).rejects.toEqual(code('auth-not-a-member'))
  })

  test('[AU9] of another clique with the same gate key fails at the signature', async () => {
    const other = bytesToId('clique', new Uint8Array(32).fill(8)) as CliqueId
    const run = meet(side('dialer', anna, ben, { clique: other }), side('listener', ben, anna))
    await expect(run).rejects.toEqual(code('auth-signature'))
  })
})

describe('on the way', () => {
  test('[AU10] a changed byte anywhere ends the run', async () => {
    const { frames } = await meet(side('dialer', anna, ben), side('listener', ben, anna))
    for (const [place, frame] of frames.entries()) {
      for (const at of [0, 1, Math.floor(frame.length / 2), frame.length - 1]) {
        // Filling tags carry nothing; only the first tag of a list means something here.
        if ((place === 1 || place === 2) && at > 1) continue
        const run = meet(side('dialer', anna, ben), side('listener', ben, anna), (bytes, now) =>
          now === place ? bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)) : bytes,
        )
        await expect(run, `byte ${at} of message ${place}`).rejects.toMatchObject({
          code: expect.stringMatching(/^auth-/),
        })
      }
    }
  })

  test('[AU11] frames of one meeting mean nothing in another', async () => {
    const first = await meet(side('dialer', anna, ben), side('listener', ben, anna))
    const replay = meet(
      side('dialer', anna, ben),
      side('listener', ben, anna, { random: seededRandom(seed + 3) }),
      (frame, place) => (place % 2 === 0 ? (first.frames[place] ?? frame) : frame),
    )
    await expect(replay).rejects.toMatchObject({ code: 'auth-no-common-epoch' })
  })

  test('[AU11] a name that was given in one meeting is worth nothing in another', async () => {
    const { frames } = await meet(side('dialer', anna, ben), side('listener', ben, anna))
    const [said] = frames.filter((frame) => toHex(frame).includes(anna.device))
    if (said === undefined) throw new Error('Anna has named herself')
    // Somebody with the gate key, on a connection that is taken for Anna's, says what she said.
    const other = { random: seededRandom(seed + 9) }
    const replayed = meet(side('dialer', anna, ben, other), side('listener', ben, anna), (frame) =>
      toHex(frame).includes(anna.device) ? said : frame,
    )
    await expect(replayed).rejects.toEqual(code('auth-signature'))
  })

  test('[AU12] messages out of turn, of another version or with trailing bytes are refused', async () => {
    const hello = new Auth(side('dialer', anna, ben)).open() ?? new Uint8Array(0)
    await expect(new Auth(side('dialer', anna, ben)).receive(hello)).rejects.toEqual(code('auth-message'))
    const listener = () => new Auth(side('listener', ben, anna))
    await expect(listener().receive(new Uint8Array([...hello, 0]))).rejects.toEqual(code('auth-message'))
    await expect(listener().receive(encode([2, 1, new Uint8Array(32)]))).rejects.toEqual(code('auth-message'))
    await expect(listener().receive(new Uint8Array(64 * 1024))).rejects.toEqual(code('auth-message'))
    for (const count of [0, 31, 33]) {
      const dialer = new Auth(side('dialer', anna, ben))
      dialer.open()
      const tags = Array.from({ length: count }, () => new Uint8Array(16))
      await expect(dialer.receive(encode([1, 2, new Uint8Array(32), tags]))).rejects.toEqual(
        code('auth-message'),
      )
    }
    const used = listener()
    await used.receive(hello)
    await expect(used.receive(hello)).rejects.toEqual(code('auth-message'))
    // After the first fault nothing is heard any more, well-formed or not.
    const over = listener()
    await expect(over.receive(new Uint8Array(1))).rejects.toEqual(code('auth-message'))
    await expect(over.receive(hello)).rejects.toEqual(code('auth-message'))
  })
})

const heads: OperationId[] = Array.from({ length: 500 }, (_, i) =>
  bytesToId('operation', sha256(labels.operationId, encode([i]))),
)
test('[AU13] more heads than the limit are cut, not refused', async () => {
  const { results } = await meet(side('dialer', anna, ben, { heads }), side('listener', ben, anna))
  expect(results.get('listener')?.heads).toHaveLength(450)
})
