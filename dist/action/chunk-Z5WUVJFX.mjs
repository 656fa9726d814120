import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-GLXSW7UP.mjs";import"./chunk-OHQRPELG.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-7PHPYUR5.mjs";import"./chunk-LQTQPWY5.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
