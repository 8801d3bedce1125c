/** The libp2p protocol on which a device keeps one long-lived stream to its relay. */
export const relayProtocol = '/clique/relay/1'

/**
 * Version of the messages; `hello` names it, and the relay refuses every other.
 *
 * 1: hello, prove, open, append, read, subscribe, register, renew and retire, allow, ticket, policy, consistency,
 *    close, chunks: put, get, have, and a tenant's admin keys.
 */
export const relayVersion = 1
