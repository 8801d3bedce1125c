import type { CliqueLog, MemberId, RosterState } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { LinkedMembers } from '../sync/connection-state.ts'
import type { Here } from './create-clique.ts'
import { noEvidence, readEvidence } from './evidence.ts'
import type { Evidence } from './evidence.ts'
import { MembershipActs } from './membership-acts.ts'
import type { Named } from './person-view.ts'

/** Who is and was in one open clique, seen from this device: what the views about it are made of. */
export class Membership {
  readonly session: CliqueSession
  readonly acts: MembershipActs
  readonly now: () => number
  readonly linked: () => LinkedMembers
  #log: CliqueLog
  #end: CliqueSession['end']
  #evidence = $state.raw<Evidence>(noEvidence)
  readonly #stops: (() => void)[]
  #isReading = false
  #isStale = false

  /** `linked`: members with a linked device; read reactively. */
  constructor(
    here: Pick<Here, 'store' | 'now' | 'random'>,
    session: CliqueSession,
    linked: () => LinkedMembers,
  ) {
    this.session = session
    this.now = here.now
    this.linked = linked
    this.acts = new MembershipActs(session, here.random, () => this.evidence.tellsRelay !== null)
    this.#log = $state.raw(session.log)
    this.#end = $state.raw(session.end)
    this.#stops = [
      session.onChange((change) => {
        if (change.kind === 'fault') return
        this.#log = session.log
        this.#end = session.end
        if (change.kind !== 'delivery') this.#read()
      }),
      here.store.changes.listen((change) => {
        const isOther = change.kind === 'heard-heads' || change.kind === 'retired'
        if (isOther ? change.clique === session.clique : change.kind === 'cliques') this.#read()
      }),
    ]
    this.#read()
  }

  get log(): CliqueLog {
    return this.#log
  }

  get state(): RosterState {
    return this.#log.state
  }

  get me(): MemberId {
    return this.session.member
  }

  /** Null while this device is in. */
  get end(): CliqueSession['end'] {
    return this.#end
  }

  get evidence(): Evidence {
    return this.#evidence
  }

  named(id: MemberId): Named {
    return { id, name: this.state.members.get(id)?.name ?? '', me: id === this.me }
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  /** What comes while this reads is read afterwards, once. */
  #read(): void {
    this.#isStale = true
    if (this.#isReading) return
    this.#isReading = true
    this.#readAll().catch((error: unknown) => {
      // A closing or full disk: the next change reads again.
      if (!(error instanceof Error && 'code' in error)) reportError(error)
    })
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false
        this.#evidence = await readEvidence(this.session)
      }
    } finally {
      this.#isReading = false
    }
  }
}
