import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{setTimeout as o}from"node:timers/promises";var r=2**31-1,i={now:()=>new Date,monotonicMs:()=>performance.now(),sleep:async(s,t)=>{try{for(let e=s;;e-=r)if(await o(Math.min(e,r),void 0,t?{signal:t}:{}),e<=r)return}catch(e){throw t?.aborted?t.reason:e}}};export{i as a};
