import { fileURLToPath } from 'node:url'
import type { CrashScripts } from './crash-scripts.ts'

/** What a test in a page has built outside: scripts that can be stopped at every await. */
const part = fileURLToPath(new URL('./scripts.node.ts', import.meta.url))
interface ScriptsPart {
  buildCrashScripts(): Promise<CrashScripts>
}

let built: Promise<CrashScripts> | null = null

export const crashCommands = {
  crashScripts(): Promise<CrashScripts> {
    built ??= import(/* @vite-ignore */ part).then((scripts: ScriptsPart) => scripts.buildCrashScripts())
    return built
  },
}
