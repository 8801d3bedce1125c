import './look.css'
import './base.css'
import { fetchWords, wantedLanguage } from '../words/catalogues.ts'
import { findObstacle, obstacleSentence } from '../words/check.ts'
import type { Obstacle } from '../words/check.ts'

/**
 * The first script of the page, kept small: it looks whether the app can run in this browser at all, and says so in
 * one sentence if not. Only then is the app itself fetched.
 */
async function start(target: HTMLElement): Promise<void> {
  const obstacle = findObstacle(globalThis)
  if (obstacle !== null) {
    showObstacle(obstacle, target)
    return
  }
  const startApp = await fetchApp().catch((error: unknown) => {
    showObstacle({ kind: 'unfetched' }, target)
    throw error
  })
  startApp(target)
}

/** All that the first paint needs, side by side. */
async function fetchApp(): Promise<(target: HTMLElement) => void> {
  const [{ prepareScreen }, { startApp }] = await Promise.all([
    import('./prepare.ts'),
    import('./start.ts'),
    fetchWords(wantedLanguage()),
  ])
  await prepareScreen()
  return startApp
}

function showObstacle(obstacle: Obstacle, target: HTMLElement): void {
  const sentence = document.createElement('p')
  sentence.className = 'obstacle'
  sentence.setAttribute('role', 'alert')
  sentence.textContent = obstacleSentence(obstacle, navigator.language)
  target.replaceChildren(sentence)
}

const app = document.getElementById('app')
if (app === null) throw new Error('index.html has lost its #app')
// Not awaited here: what is fetched shares parts with this file, and would wait for it in turn.
start(app).catch(reportError)
