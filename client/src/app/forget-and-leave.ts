import type { CliqueView } from './app-view.ts'
import { writeRoute } from './routes.ts'

/** Deletes a clique from this device, then goes where there is something to see. @throws with a `code` */
export async function forgetAndLeave(clique: CliqueView): Promise<void> {
  await clique.forget()
  location.hash = writeRoute({ kind: 'start' })
}
