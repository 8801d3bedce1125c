/** What invitations need of the security layer; fetched when somebody looks at them, not for the first paint. */
export { createInvitation, encodeInvitation, revokeInvitation } from '@clique/crypto'
