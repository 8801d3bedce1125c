import { UnsupportedKeyTypeError } from '@libp2p/interface'

/**
 * In the built app this stands in for what `@libp2p/crypto` brings for RSA, ECDSA and secp256k1, 7 KiB after gzip. Every
 * PeerId of Clique is an Ed25519 key, a relay's as well, so nobody with another kind of key is met on purpose: whoever
 * shows one in a handshake is refused, as an unknown kind of key is.
 *
 * The names are the library's. Should it ask for another one, the build fails.
 */
function refuse(): never {
  throw new UnsupportedKeyTypeError()
}

export const generateRSAKeyPair = refuse
export const jwkToRSAPrivateKey = refuse
export const pkcs1MessageToRSAPrivateKey = refuse
export const pkcs1ToRSAPrivateKey = refuse
export const pkixMessageToRSAPublicKey = refuse
export const pkixToRSAPublicKey = refuse

export const generateECDSAKeyPair = refuse
export const pkiMessageToECDSAPrivateKey = refuse
export const pkiMessageToECDSAPublicKey = refuse
export const unmarshalECDSAPrivateKey = refuse
export const unmarshalECDSAPublicKey = refuse

export const generateSecp256k1KeyPair = refuse
export const unmarshalSecp256k1PrivateKey = refuse
export const unmarshalSecp256k1PublicKey = refuse
