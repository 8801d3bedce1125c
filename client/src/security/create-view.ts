import type { CliqueId, Policy } from '@clique/crypto'
import type { FailureCode } from '../words/errors.ts'
import type { RecoveryKitView } from './recovery-kit-view.ts'

export type Accent = Policy['accent']
export type HistoryRule = Policy['history']

export const accents: readonly Accent[] = ['brick', 'amber', 'moss', 'teal', 'sky', 'iris', 'plum', 'rose']

/** Characters that a name may have, for a clique and for a person. */
export const maxNameLength = 64

/** Whether a new clique could be carried, and by which relay. */
export type RelayOffer =
  | { readonly kind: 'asking'; readonly host: string }
  /** A claim or permission is in hand: a clique can be created. */
  | { readonly kind: 'willing'; readonly host: string }
  /** The relay that serves this page waits for its owner. */
  | { readonly kind: 'unclaimed'; readonly host: string }
  /** The relay that serves this page carries cliques already and needs a permission for one more. */
  | { readonly kind: 'claimed'; readonly host: string }
  | { readonly kind: 'unreachable'; readonly host: string }
  /** This page does not come from a relay, and none has been named. */
  | { readonly kind: 'none' }

/** What the start page knows about the relay. */
export interface RelayOfferView {
  readonly offer: RelayOffer
  /** Takes a claim link or a permission link. @throws with a `code`. */
  usePermission(link: string): Promise<void>
  askAgain(): Promise<void>
}

export interface CliqueWish {
  readonly name: string
  readonly memberName: string
  readonly accent: Accent
  /** For good: nobody can change it later. */
  readonly history: HistoryRule
}

export type CreateStep =
  /** `failure` says why the last attempt did not work; the form keeps what was typed. */
  | { readonly kind: 'details'; readonly failure: FailureCode | null }
  | { readonly kind: 'kit'; readonly kit: RecoveryKitView }
  | { readonly kind: 'working' }
  | { readonly kind: 'done'; readonly clique: CliqueId }

/** One attempt to create a clique: details, the recovery kit if this person has none yet, done. */
export interface CreateCliqueFlow {
  readonly step: CreateStep
  readonly offer: RelayOffer
  /** Never rejects: what goes wrong is the next step. */
  submit(wish: CliqueWish): Promise<void>
  close(): void
}
