import { idToBytes, labelsAtRest, sha256, toHex } from '@clique/crypto'
import type { CliqueId, SpaceId } from '@clique/crypto'

declare const brand: unique symbol
/** One space of one clique, as a short key. Space ids are chosen by people, so they count only inside a clique. */
export type Place = string & { readonly [brand]: 'place' }

/** 16 bytes as hex digits. */
export function placeOf(clique: CliqueId, space: SpaceId): Place {
  return toHex(sha256(labelsAtRest.storagePlace, idToBytes(clique), idToBytes(space)).slice(0, 16)) as Place
}

/** Where the list of a clique's conversations is kept; twice as long as the name of a space, so never one. */
export function listPlaceOf(clique: CliqueId): Place {
  return clique as string as Place
}
