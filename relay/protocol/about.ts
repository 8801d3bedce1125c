import { CliqueError } from '@clique/crypto/verify'
import * as v from 'valibot'
import { maxPeerIdLength } from './peer-id.ts'

/** Where every relay tells what it is, over HTTP, to any origin. */
export const aboutPath = '/clique/about'

const aboutSchema = v.strictObject({
  /** PeerId: the key that all its statements are signed with. */
  relay: v.pipe(v.string(), v.maxLength(maxPeerIdLength)),
  /** Version of the server, for people. */
  version: v.pipe(v.string(), v.maxLength(32)),
  /** The libp2p protocol it speaks. */
  protocol: v.pipe(v.string(), v.maxLength(64)),
  /** False until the first clique has used the claim link. */
  claimed: v.boolean(),
  /** base64url of the signed policy. */
  policy: v.pipe(v.string(), v.maxLength(32_768)),
})

export type About = v.InferOutput<typeof aboutSchema>

/** @throws CliqueError `relay-about` */
export function readAbout(value: unknown): About {
  const parsed = v.safeParse(aboutSchema, value)
  if (!parsed.success) throw new CliqueError('relay-about')
  return parsed.output
}
