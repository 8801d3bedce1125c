import {
  createCommit,
  createGroup,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
} from 'ts-mls'
import type { CiphersuiteImpl, ClientState, Proposal } from 'ts-mls'
import { median } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
import { removeMember } from '../roster/member-acts.ts'
import { receiveItems } from '../roster/receive.ts'
import { crowdOf } from '../testing/crowd.ts'
import { safeEpoch } from './sending.ts'

/** The peer agrees on keys as Clique does: X-Wing and Ed25519. */
const suite = 'MLS_256_XWING_AES256GCM_SHA512_Ed25519'
const peer = 'ts-mls 1.6.4'
const runs = 5

/** Milliseconds are medians, bytes those of what everybody is sent. */
export interface Step {
  readonly make: number
  readonly take: number
  readonly bytes: number
}

export interface EpochRow {
  readonly devices: number
  /** Removing a member: from nothing to the item, and from the item to an epoch that another member sends under. */
  readonly clique: Step
  readonly commit: Step
  /** Letting one in: the peer's newcomer has the keys after it. */
  readonly welcome: Step
}

/** One member is removed from groups of as many devices, in turns with the peer. */
export async function epochRow(devices: number): Promise<EpochRow> {
  const clique = await cliqueSide(devices)
  const mls = await mlsSide(devices)
  const steps = { clique: new Series(), commit: new Series(), welcome: new Series() }
  // The first of each warms the engine and is not counted.
  for (let run = 0; run <= runs; run++) {
    for (const name of ['clique', 'commit', 'welcome'] as const) {
      const step = await (name === 'clique' ? clique() : mls[name]())
      if (run > 0) steps[name].add(step)
    }
  }
  const { clique: ours, commit, welcome } = steps
  return { devices, clique: ours.median(), commit: commit.median(), welcome: welcome.median() }
}

async function cliqueSide(devices: number): Promise<() => Promise<Step>> {
  const { founder, member, last } = await crowdOf(devices)
  return async () => {
    const begun = performance.now()
    const { item } = await removeMember(founder.log, founder.device, last, { random: founder.random })
    const made = performance.now()
    const { log, accepted } = await receiveItems(member.log, [item], [member.kem])
    const taken = performance.now()
    if (accepted.length !== 1 || safeEpoch(log) === safeEpoch(member.log) || safeEpoch(log) === null) {
      throw new Error('no safe epoch came of it')
    }
    return { make: made - begun, take: taken - made, bytes: item.length }
  }
}

async function mlsSide(devices: number): Promise<{ commit(): Promise<Step>; welcome(): Promise<Step> }> {
  const cipherSuite = await getCiphersuiteImpl(getCiphersuiteFromName(suite))
  const everybody = await Promise.all(
    Array.from({ length: devices + 1 }, (_, i) => keyPackage(i, cipherSuite)),
  )
  const [founder, first] = everybody
  const newcomer = everybody.pop()
  if (founder === undefined || first === undefined || newcomer === undefined)
    throw new Error('a group of one')
  const add = ({ publicPackage }: typeof founder): Proposal => ({
    proposalType: 'add',
    add: { keyPackage: publicPackage },
  })
  const group = await createGroup(
    new Uint8Array(32),
    founder.publicPackage,
    founder.privatePackage,
    [],
    cipherSuite,
  )
  const filled = await createCommit(
    { state: group, cipherSuite },
    { extraProposals: everybody.slice(1).map(add) },
  )
  const state = filled.newState
  const joined = await join(filled.welcome, first, state, cipherSuite)
  return {
    async commit() {
      const begun = performance.now()
      const remove: Proposal = { proposalType: 'remove', remove: { removed: devices - 1 } }
      const { commit } = await createCommit({ state, cipherSuite }, { extraProposals: [remove] })
      const bytes = encodeMlsMessage(commit)
      const made = performance.now()
      if (commit.wireformat !== 'mls_private_message') throw new Error('the peer sends commits in private')
      const { kind } = await processPrivateMessage(joined, commit.privateMessage, emptyPskIndex, cipherSuite)
      const taken = performance.now()
      if (kind !== 'newState') throw new Error('no new state came of it')
      return { make: made - begun, take: taken - made, bytes: bytes.length }
    },
    async welcome() {
      const begun = performance.now()
      const options = { extraProposals: [add(newcomer)], ratchetTreeExtension: true }
      const { welcome, commit } = await createCommit({ state, cipherSuite }, options)
      if (welcome === undefined) throw new Error('no welcome')
      const toNewcomer = encodeMlsMessage({ welcome, wireformat: 'mls_welcome', version: 'mls10' })
      const toOthers = encodeMlsMessage(commit)
      const made = performance.now()
      await join(welcome, newcomer, null, cipherSuite)
      const taken = performance.now()
      return { make: made - begun, take: taken - made, bytes: toNewcomer.length + toOthers.length }
    },
  }
}

function keyPackage(number: number, cipherSuite: CiphersuiteImpl) {
  const identity = new TextEncoder().encode(`device ${number}`)
  return generateKeyPackage(
    { credentialType: 'basic', identity },
    defaultCapabilities(),
    defaultLifetime,
    [],
    cipherSuite,
  )
}

/** `inviter`: whose tree the newcomer is given, where the welcome does not hold it. */
function join(
  welcome: Awaited<ReturnType<typeof createCommit>>['welcome'],
  { publicPackage, privatePackage }: Awaited<ReturnType<typeof keyPackage>>,
  inviter: ClientState | null,
  cipherSuite: CiphersuiteImpl,
): Promise<ClientState> {
  if (welcome === undefined) throw new Error('no welcome')
  return joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, cipherSuite, inviter?.ratchetTree)
}

class Series {
  readonly #steps: Step[] = []

  add(step: Step): void {
    this.#steps.push(step)
  }

  median(): Step {
    const of = (read: (step: Step) => number): number => median(this.#steps.map(read))
    return { make: of(({ make }) => make), take: of(({ take }) => take), bytes: of(({ bytes }) => bytes) }
  }
}

/** Until another member sends under the new keys; nothing on the way is counted. */
export function totalMs({ make, take }: Step): number {
  return make + take
}

/** The sizes of a family and of a club; larger ones take longer: `npm run bench:epochs`. */
export async function figures(): Promise<Figure[]> {
  const rows = [await epochRow(5), await epochRow(30)]
  return rows.flatMap(({ devices, clique, commit, welcome }): Figure[] => {
    const size = { kind: 'measured', unit: 'ratio', runs } as const
    const against = `the remove commit of ${peer} (${suite})`
    return [
      {
        ...size,
        what: `removing somebody: time to a safe epoch at another member, of ${devices} devices`,
        against,
        value: totalMs(clique) / totalMs(commit),
        goal: devices === 30 ? { atMost: 1 } : null,
        detail: inWords(clique, commit, welcome),
      },
      {
        ...size,
        what: `removing somebody: bytes that everybody is sent, of ${devices} devices`,
        against,
        value: clique.bytes / commit.bytes,
        goal: devices === 30 ? { atMost: 1 } : null,
        detail: inWords(clique, commit, welcome),
      },
    ]
  })
}

function inWords(...steps: readonly Step[]): string {
  const [clique, commit, welcome] = steps.map(
    (step) => `${step.make.toFixed(0)} + ${step.take.toFixed(0)} ms, ${step.bytes} B`,
  )
  return `made and taken in: ${clique}; remove commit ${commit}; adding with a welcome ${welcome}`
}
