import type { Command } from '../command.ts'
import { append } from './append.ts'
import { capability, id, logout, noop } from './any-time.ts'
import { check } from './check.ts'
import { compress } from './compress.ts'
import { deleteAcl, getAcl, listRights, myRights, setAcl } from './acl.ts'
import { create } from './create.ts'
import { deleteMailbox } from './delete.ts'
import { copyNumbers, copyUids, moveNumbers, moveUids } from './copy.ts'
import { enable } from './enable.ts'
import { expungeAll, expungeUids } from './expunge.ts'
import { fetchNumbers, fetchUids } from './fetch.ts'
import { idle } from './idle.ts'
import { close, unselect } from './leave.ts'
import { list } from './list.ts'
import { lsub } from './lsub.ts'
import { getMetadata, setMetadata } from './metadata.ts'
import { namespace } from './namespace.ts'
import { getQuota, getQuotaRoot, setQuota } from './quota.ts'
import { rename } from './rename.ts'
import { replaceNumber, replaceUid } from './replace.ts'
import { searchNumbers, searchUids } from './search.ts'
import { notify } from './notify.ts'
import { examine, select } from './select.ts'
import { authenticate, login } from './sign-in.ts'
import { sortNumbers, sortUids } from './sort.ts'
import { starttls } from './starttls.ts'
import { status } from './status.ts'
import { storeNumbers, storeUids } from './store.ts'
import { subscribe, unsubscribe } from './subscribe.ts'
import { threadNumbers, threadUids } from './thread.ts'

/** All commands by their names. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    capability,
    noop,
    logout,
    id,
    starttls,
    login,
    authenticate,
    enable,
    compress,
    select,
    examine,
    unselect,
    check,
    create,
    deleteMailbox,
    rename,
    subscribe,
    unsubscribe,
    namespace,
    list,
    lsub,
    status,
    myRights,
    getAcl,
    listRights,
    setAcl,
    deleteAcl,
    getQuota,
    getQuotaRoot,
    setQuota,
    getMetadata,
    setMetadata,
    append,
    copyNumbers,
    copyUids,
    moveNumbers,
    moveUids,
    expungeAll,
    expungeUids,
    close,
    replaceNumber,
    replaceUid,
    fetchNumbers,
    fetchUids,
    storeNumbers,
    storeUids,
    searchNumbers,
    searchUids,
    sortNumbers,
    sortUids,
    threadNumbers,
    threadUids,
    idle,
    notify,
  ].map((command) => [command.name, command]),
)
