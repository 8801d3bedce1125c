import './look.css'
import './base.css'
import { findObstacle, obstacleSentence } from '../words/check.ts'

/**
 * The first script of the page, kept small: it looks whether the app can run in this browser at all, and says so in
 * one sentence if not. Only then is the app itself fetched.
 */
const target = document.getElementById('app')
if (target === null) throw new Error('index.html has lost its #app')

const obstacle = findObstacle(globalThis)
if (obstacle === null) {
  const [{ prepareScreen }, { startApp }] = await Promise.all([import('./prepare.ts'), import('./start.ts')])
  await prepareScreen()
  startApp(target)
} else {
  const sentence = document.createElement('p')
  sentence.className = 'obstacle'
  sentence.setAttribute('role', 'alert')
  sentence.textContent = obstacleSentence(obstacle, navigator.language)
  target.replaceChildren(sentence)
}
