import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-4MICOSA5.mjs";import"./chunk-AXJPPDIR.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-KXCDG5DK.mjs";import"./chunk-LQTQPWY5.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
