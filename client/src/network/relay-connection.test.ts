import { bytesToId, signerFromSeed } from '@clique/crypto'
import { bytesToUp, downToBytes, keyToPeerId } from '@clique/relay/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import type { FrameChannel } from './frame-channel.ts'
import { RelayConnection } from './relay-connection.ts'
import type { Capability } from './relay-session.ts'
import { channelPair } from './testing/channel-pair.ts'

const peerOf = (seed: number) => keyToPeerId(signerFromSeed(new Uint8Array(32).fill(seed)).publicKey)
const time = 1_800_000_000_000

afterEach(() => void vi.useRealTimers())

function capability(generation: number): Capability {
  const signer = signerFromSeed(new Uint8Array(32).fill(10 + generation))
  const control = bytesToId('mailbox', new Uint8Array(32).fill(9))
  return { control, publicKey: signer.publicKey, generation, signer }
}

/** A relay that lets nobody in, and notes who tries with what. */
function refusing(tried: number[]): FrameChannel {
  const [near, far] = channelPair()
  void (async () => {
    for (let frame = await far.receive(); frame !== null; frame = await far.receive()) {
      const up = bytesToUp(frame)
      const { request } = up
      if (up.kind === 'prove') tried.push(up.generation)
      const answer =
        up.kind === 'hello'
          ? ({ kind: 'welcome', request, version: 1, nonce: new Uint8Array(32), time } as const)
          : ({ kind: 'refused', request, code: 'relay-capability-retired' } as const)
      await far.send(downToBytes(answer))
    }
  })().catch(() => far.abort())
  return near
}

/** Without a clock, which stands still here. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

test('[CN19] whoever was refused tries again at once with another capability, and with the same waits', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const tried: number[] = []
  let known = [capability(1)]
  const connection = new RelayConnection({
    relay: { url: 'http://localhost:8787', peer: peerOf(1) },
    ownPeer: peerOf(2),
    openChannel: () => Promise.resolve(refusing(tried)),
    dropConnection: () => undefined,
    capabilities: () => known,
    onState: () => undefined,
    onSession: () => undefined,
    onGrew: () => undefined,
    now: () => time,
    random: (n) => new Uint8Array(n),
  })
  const waits = () => connection.state.kind === 'waiting' && vi.getTimerCount() === 1
  await until(() => tried.length === 1 && waits())
  connection.capabilityChanged()
  expect(waits()).toBe(true)
  known = [capability(2), ...known]
  connection.capabilityChanged()
  await until(() => tried.length === 2)
  expect(tried).toEqual([1, 2])
  await until(waits)
  await connection.close()
})
