import type { CliqueId } from '@clique/crypto'
import type { FailureCode } from '../words/errors.ts'
import type { Accent, HistoryRule } from './create-view.ts'
import type { RecoveryKitView } from './recovery-kit-view.ts'

export interface InvitationPreview {
  readonly cliqueName: string
  readonly accent: Accent
  readonly inviterName: string
  readonly relayHost: string
  readonly history: HistoryRule
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export type JoinStep =
  /** `relayHost` is null while the link itself is being read. */
  | { readonly kind: 'opening'; readonly relayHost: string | null }
  /** `failure` says why the last attempt to join did not work and another may. */
  | { readonly kind: 'preview'; readonly failure: FailureCode | null }
  | { readonly kind: 'kit'; readonly kit: RecoveryKitView }
  | { readonly kind: 'joining' }
  | { readonly kind: 'done'; readonly clique: CliqueId }
  /** `clique` is the one on this device that the link leads to, for `already-member`. */
  | {
      readonly kind: 'failed'
      readonly code: FailureCode
      readonly mayRetry: boolean
      readonly clique: { readonly id: CliqueId; readonly name: string } | null
    }

/** One opened invitation link: preview and name, the recovery kit if this person has none yet, in. */
export interface JoinFlow {
  readonly step: JoinStep
  /** Set from the first `preview` on. */
  readonly preview: InvitationPreview | null
  /** Never rejects: what goes wrong is the next step. */
  accept(memberName: string): Promise<void>
  retry(): Promise<void>
  close(): void
}
