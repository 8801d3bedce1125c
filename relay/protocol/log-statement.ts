import { CliqueError, bytesToUtf8, fromHex } from '@clique/crypto/verify'
import { openNote } from './receipt.ts'
import { openAttestation, openRangeStatement } from './statements.ts'

/** A tenant's log at one moment, as the relay signed it. */
export interface LogStatement {
  readonly tenant: Uint8Array
  /** Leaves. */
  readonly size: number
  readonly root: Uint8Array
}

/**
 * What a relay said of a log in anything that it signs about one: a checkpoint, an attestation, a signed range. So
 * each of them can be shown to others, who believe nobody but the relay's signature.
 * @throws CliqueError `relay-answer` or `relay-signature`
 */
export async function openLogStatement(signed: Uint8Array, relay: Uint8Array): Promise<LogStatement> {
  const { tenant, size, root } = isNote(signed)
    ? await openAnyNote(signed, relay)
    : await openAttestation(signed, relay).catch((error: unknown) => {
        // One kind's signature is none of another: see S3.
        if (error instanceof CliqueError) return openRangeStatement(signed, relay)
        throw error
      })
  return { tenant, size, root }
}

const noteStart = 'clique-relay/'

/** The others are CBOR, which does not begin like text. */
function isNote(signed: Uint8Array): boolean {
  return signed[0] === noteStart.charCodeAt(0)
}

async function openAnyNote(signed: Uint8Array, relay: Uint8Array): Promise<LogStatement> {
  let note: string
  let tenant: Uint8Array
  try {
    note = bytesToUtf8(signed)
    const [origin = ''] = note.split('\n', 1)
    tenant = fromHex(origin.split('/')[2] ?? '')
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-answer')
    throw error
  }
  const { size, root } = await openNote(note, relay, tenant)
  return { tenant, size, root }
}
