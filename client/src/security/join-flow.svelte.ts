import type { CliqueId } from '@clique/crypto'
import { failureCode } from '../words/errors.ts'
import type { FailureCode } from '../words/errors.ts'
import type { Here } from './create-clique.ts'
import type { OpenedInvitation } from './join-clique.ts'
import type { InvitationPreview, JoinFlow, JoinStep } from './join-view.ts'
import { checkName } from './names.ts'

/** Failures that another try cannot mend: the link itself is at an end. */
const finalCodes: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'invite-link-broken',
  'invite-package-broken',
  'invite-preview-untrue',
  'invite-wrong-clique',
  'invite-unknown',
  'invite-used',
  'invite-revoked',
  'invite-expired',
  'invite-closed',
  'already-member',
])

/** One opened invitation link. See `JoinFlow`. */
export class JoinByLink implements JoinFlow {
  #step = $state.raw<JoinStep>({ kind: 'opening', relayHost: null })
  #preview = $state.raw<InvitationPreview | null>(null)
  #opened: OpenedInvitation | null = null
  #isClosed = false
  readonly #here: Here
  readonly #text: string
  /** Resolves when the app knows the clique, so that its pages are there to go to. */
  readonly #onDone: (clique: CliqueId) => Promise<void>

  constructor(here: Here, text: string, onDone: (clique: CliqueId) => Promise<void>) {
    this.#here = here
    this.#text = text
    this.#onDone = onDone
    void this.#open()
  }

  get step(): JoinStep {
    return this.#step
  }

  get preview(): InvitationPreview | null {
    return this.#preview
  }

  async accept(memberName: string): Promise<void> {
    if (this.#step.kind !== 'preview') return
    try {
      checkName(memberName)
      this.#go({ kind: 'joining' })
      const { needsKit, NewKitView } = await import('./new-kit.ts')
      if (!(await needsKit(this.#here.store))) return await this.#enter(memberName)
      this.#go({ kind: 'kit', kit: await NewKitView.make(this.#here, () => this.#enter(memberName)) })
    } catch (error) {
      this.#go({ kind: 'preview', failure: failureCode(error) })
    }
  }

  async retry(): Promise<void> {
    if (this.#step.kind === 'failed') await this.#open()
  }

  close(): void {
    this.#isClosed = true
  }

  async #open(): Promise<void> {
    this.#go({ kind: 'opening', relayHost: null })
    try {
      const { findKnownClique, openInvitation, readLink } = await import('./join-clique.ts')
      const { link, relayHost } = readLink(this.#text)
      const known = await findKnownClique(this.#here, link)
      if (known !== null) {
        this.#go({ kind: 'failed', code: 'already-member', mayRetry: false, clique: known })
        return
      }
      this.#go({ kind: 'opening', relayHost })
      this.#opened = await openInvitation(this.#here, link)
      const { preview } = this.#opened
      const { cliqueName, accent, inviterName, history, expiresAt } = preview
      this.#preview = { cliqueName, accent, inviterName, relayHost, history, expiresAt }
      this.#go({ kind: 'preview', failure: null })
    } catch (error) {
      this.#fail(error)
    }
  }

  async #enter(memberName: string): Promise<void> {
    this.#go({ kind: 'joining' })
    try {
      if (this.#opened === null) throw new Error('there is no invitation to enter by')
      const { enterClique } = await import('./join-clique.ts')
      const clique = await enterClique(this.#here, this.#opened, memberName.trim())
      await this.#onDone(clique)
      this.#go({ kind: 'done', clique })
    } catch (error) {
      const code = failureCode(error)
      if (finalCodes.has(code)) this.#fail(error)
      else this.#go({ kind: 'preview', failure: code })
    }
  }

  #fail(error: unknown): void {
    const code = failureCode(error)
    this.#go({ kind: 'failed', code, mayRetry: !finalCodes.has(code), clique: null })
  }

  #go(step: JoinStep): void {
    if (!this.#isClosed) this.#step = step
  }
}
