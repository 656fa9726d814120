import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a,b}from"./chunk-A5YZOHZI.mjs";import"./chunk-PDQV4PLA.mjs";export{a as AGENT_NODE_MAJOR,b as findPortableNode};
