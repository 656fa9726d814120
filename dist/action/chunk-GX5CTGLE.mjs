import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{h as a,i as b,j as c}from"./chunk-HT34FGQ7.mjs";import"./chunk-LL7DBJWN.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-YKUZ5QVH.mjs";import"./chunk-LQTQPWY5.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
