import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{b as e}from"./chunk-UGTEQHHO.mjs";function c(i,n){return!(n instanceof Error)||!("code"in n)||typeof n.code!="string"?n:n.code==="ENOSPC"||n.code==="EDQUOT"?new e("DISK_FULL",{path:i},{cause:n}):new e("FILE_NOT_WRITABLE",{path:i,reason:n.message},{cause:n})}export{c as a};
