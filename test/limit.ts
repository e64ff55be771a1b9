/**
 * Loaded before each test file: ends its process when it is still there after ten minutes, and says so. Node bounds
 * every test and no file, so that one left-open handle would hold up the whole run.
 */
import { basename } from 'node:path'

const fileMs = 10 * 60_000

if (process.env.NODE_TEST_CONTEXT) {
  setTimeout(() => {
    const kinds = [...new Set(process.getActiveResourcesInfo())].join(', ')
    process.stderr.write(`${basename(process.argv[1] ?? '')} is still running; what keeps it: ${kinds}\n`)
    process.exit(1)
  }, fileMs).unref()
}
