import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
function u(i,r,o){let e,t=new Promise((m,n)=>{e=setTimeout(()=>n(o()),i)});return Promise.race([r,t]).finally(()=>clearTimeout(e))}export{u as a};
