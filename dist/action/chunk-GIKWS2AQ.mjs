import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{a,b}from"./chunk-LWP6SN26.mjs";import"./chunk-LQTQPWY5.mjs";export{a as AGENT_NODE_MAJOR,b as findPortableNode};
