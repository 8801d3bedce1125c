import { concat } from '../../../crypto/src/bytes.ts'
import { bytesToId } from '../../../crypto/src/ids.ts'
import { signerFromSeed } from '../../../crypto/src/signature.ts'
import { seededRandom } from '../../../crypto/src/testing/seeded.ts'
import { Auth } from '../../../client/src/network/auth.ts'
import type { AuthRole, AuthSide } from '../../../client/src/network/auth.ts'
import type { Target } from './target.ts'

const make = seededRandom('wire handshake')
const clique = bytesToId('clique', make(32))
const gateKey = { key: make(32) }
const head = bytesToId('operation', make(32))

interface Party {
  readonly signer: ReturnType<typeof signerFromSeed>
  readonly peer: string
}
const [anna, ben]: readonly [Party, Party] = [
  { signer: signerFromSeed(make(32)), peer: 'anna' },
  { signer: signerFromSeed(make(32)), peer: 'ben' },
]
const deviceOf = ({ signer }: Party) => bytesToId('device', signer.publicKey)

function sideOf(role: AuthRole, own: Party, other: Party): AuthSide {
  return {
    role,
    clique,
    device: deviceOf(own),
    signer: own.signer,
    ownPeer: own.peer,
    otherPeer: other.peer,
    gateKeys: [gateKey],
    heads: [head],
    deviceInRoster: (device) => {
      const known = [anna, ben].find((one) => deviceOf(one) === device)
      return known === undefined ? null : { peer: known.peer, isIn: true }
    },
    // The same in every run, so that what is changed meets what was recorded.
    random: seededRandom(role),
  }
}

/** Both sides talk; the message at `place` is another. Gives what was sent. */
async function converse(place: number, other: Uint8Array): Promise<Uint8Array[]> {
  const sides = [new Auth(sideOf('dialer', anna, ben)), new Auth(sideOf('listener', ben, anna))] as const
  const sent: Uint8Array[] = []
  let frame = sides[0].open()
  for (let turn = 1; frame !== null; turn++) {
    if (turn > 20) throw new Error('a conversation without an end')
    sent.push(frame)
    const step: Awaited<ReturnType<Auth['receive']>> = await sides[turn % 2 === 1 ? 1 : 0].receive(
      sent.length - 1 === place ? other : frame,
    )
    const met = turn % 2 === 1 ? anna : ben
    if (step.done !== null && step.done.device !== deviceOf(met)) throw new Error('taken for somebody else')
    frame = step.send
  }
  return sent
}

/** The whole conversation by which two devices come to know each other, with one message changed. */
export async function handshakeTarget(): Promise<Target> {
  const frames = await converse(-1, new Uint8Array())
  return {
    name: 'auth-handshake',
    shape: 'bytes',
    // The place, then the message.
    seeds: frames.map((frame, place) => concat(Uint8Array.of(place), frame)),
    async read(input) {
      await converse((input[0] ?? 0) % frames.length, input.subarray(1))
      return null
    },
  }
}
