import { expect, test, vi } from 'vitest'
import { runQuietly } from './run.ts'

const node = (script: string): Promise<{ ok: boolean }> => runQuietly(process.execPath, ['-e', script])

test('a quiet tool is heard when it fails, and only then', async () => {
  const heard = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(await node('console.log("small talk"); console.error("a warning")')).toMatchObject({ ok: true })
  expect(heard).not.toHaveBeenCalled()
  expect(await node('console.error("what went wrong"); process.exit(3)')).toMatchObject({ ok: false })
  expect(heard.mock.calls.join()).toContain('what went wrong')
  expect(await runQuietly('clique-no-such-tool', [])).toMatchObject({ ok: false })
  expect(heard.mock.calls.join()).toContain('clique-no-such-tool could not be started')
})
