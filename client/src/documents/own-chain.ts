import { CliqueError } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import { readForgotten } from '../storage/forgotten.ts'
import type { SpaceDocuments } from './space-documents.ts'

/**
 * Nothing is written before all is back that this device wrote there: a chain that goes on from an earlier record has two
 * ends. @throws CliqueError `own-chain-behind`
 */
export async function checkOwnChain(
  { context, place, heads }: SpaceDocuments,
  device: DeviceId,
): Promise<void> {
  const [row] = await readForgotten(context.store, [place])
  if ((row?.own ?? 0) > (heads.get(device)?.sequence ?? 0)) throw new CliqueError('own-chain-behind')
}
