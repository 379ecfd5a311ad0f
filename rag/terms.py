"""A small bilingual glossary of the field, used to widen a question before the lexical search.

Each line of the first table is one thing: only names that mean the same everywhere stand together. The second says what is
a kind of what: a note that says "SwiGLU 替代 ReLU" speaks of activation functions without naming them. Written for this
project; :func:`aliases` and :func:`kinds` are the only ways in.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.lexical import has_chinese

_GLOSSARY = """
批归一化 | 批量归一化 | 批标准化 | batch normalization | batchnorm | batch norm | BN
层归一化 | 层标准化 | layer normalization | layernorm | layer norm | LN
均方根归一化 | RMSNorm | RMS Norm
归一化 | 标准化 | normalization
编码器 | 编码端 | encoder
解码器 | 解码端 | decoder
注意力头 | head
多头注意力 | multi-head attention | multihead attention | MHA
自注意力 | self-attention | self attention
交叉注意力 | 编码器-解码器注意力 | cross-attention | cross attention
注意力机制 | attention mechanism
注意力分数 | 注意力得分 | attention score
注意力掩码 | attention mask | attention_mask
掩码 | 遮蔽 | mask | masking
残差连接 | 残差结构 | 残差 | residual connection | residual | skip connection | shortcut
前馈网络 | 前馈神经网络 | 前馈层 | feed-forward network | feedforward | FFN
全连接层 | 线性层 | fully connected layer | FC layer
激活函数 | activation function | activation
位置编码 | 位置嵌入 | positional encoding | position encoding | position embedding | positional embedding
旋转位置编码 | 旋转位置嵌入 | rotary position embedding | RoPE
相对位置编码 | relative position encoding | RPE
绝对位置编码 | absolute position encoding
长度外推 | length extrapolation
词向量 | 词嵌入 | word embedding
嵌入 | embedding
分词器 | 分词 | 切词 | tokenizer | tokenization | word segmentation
字节对编码 | byte pair encoding | byte-pair encoding | BPE
词表 | 词典 | 词汇表 | vocabulary | vocab
词元 | token
未登录词 | out-of-vocabulary | OOV
填充 | 补齐 | padding
序列 | sequence
预训练 | pre-training | pretraining | pre-train
微调 | fine-tuning | finetuning | fine-tune | finetune
全参数微调 | full fine-tuning
指令微调 | 有监督微调 | supervised fine-tuning | instruction tuning | SFT
参数高效微调 | parameter-efficient fine-tuning | PEFT
低秩适配 | 低秩自适应 | low-rank adaptation | LoRA
前缀微调 | prefix tuning | prefix-tuning
提示微调 | prompt tuning
适配器 | adapter | adapter tuning
人类反馈强化学习 | 人类反馈的强化学习 | reinforcement learning from human feedback | RLHF
强化学习 | reinforcement learning
近端策略优化 | proximal policy optimization | PPO
奖励模型 | reward model | RM
优势函数 | advantage function | advantage
演员 | actor
评论家 | critic
KL散度 | KL divergence
掩码语言模型 | 掩码语言建模 | masked language model | masked language modeling | MLM
下一句预测 | 下一个句子预测 | next sentence prediction | NSP
句子顺序预测 | sentence order prediction | SOP
动态掩码 | dynamic masking
静态掩码 | static masking
自回归 | autoregressive | auto-regressive
自编码 | autoencoding
语言模型 | language model
大语言模型 | 大模型 | large language model | LLM
双向 | bidirectional
单向 | unidirectional
命名实体识别 | named entity recognition | NER
问答 | question answering
文本分类 | text classification
二分类 | binary classification
分类 | classification
过拟合 | overfitting | over-fitting
欠拟合 | underfitting
泛化 | generalization
正则化 | regularization
权重衰减 | weight decay
早停 | 早停法 | early stopping
数据增强 | data augmentation
丢弃法 | 随机失活 | dropout
交叉验证 | cross-validation | cross validation
验证集 | validation set
梯度下降 | gradient descent
随机梯度下降 | stochastic gradient descent | SGD
批量梯度下降 | batch gradient descent | BGD
小批量梯度下降 | 小批量 | mini-batch gradient descent | mini-batch | minibatch
动量 | momentum
学习率 | learning rate
优化器 | optimizer | optimiser
反向传播 | 误差反传 | backpropagation | backward propagation | backprop
前向传播 | forward propagation | forward pass
链式法则 | chain rule
梯度消失 | vanishing gradient | gradient vanishing
梯度爆炸 | exploding gradient | gradient explosion
梯度裁剪 | gradient clipping
梯度 | gradient
偏导数 | partial derivative
收敛 | convergence | converge
损失函数 | loss function | loss
交叉熵 | cross-entropy | cross entropy
均方误差 | mean squared error | MSE
权重 | weight
偏置 | bias
方差 | variance
均值 | mean
标准差 | standard deviation
缩放 | scale | scaled | scaling
卷积神经网络 | convolutional neural network | CNN
卷积核 | 滤波器 | convolution kernel | kernel | filter
卷积 | convolution
池化 | pooling
最大池化 | max pooling | max-pooling
循环神经网络 | recurrent neural network | RNN
长短期记忆网络 | 长短期记忆 | long short-term memory | LSTM
双向LSTM | BiLSTM
遗忘门 | forget gate
输入门 | input gate
输出门 | output gate
隐藏状态 | hidden state
隐藏层 | hidden layer
神经元 | neuron
序列到序列 | sequence-to-sequence | seq2seq
词袋模型 | bag of words
连续词袋 | CBOW
跳字模型 | skip-gram
量化 | quantization
训练后量化 | post-training quantization | post training quantization | PTQ
量化感知训练 | quantization-aware training | quantization aware training | QAT
直通估计器 | straight-through estimator | STE
推理 | inference
推理引擎 | inference engine
层融合 | layer fusion
英伟达 | NVIDIA
显卡 | GPU
数据并行 | data parallelism | data parallel
模型并行 | model parallelism | model parallel
张量并行 | tensor parallelism
流水线并行 | pipeline parallelism
混合并行 | hybrid parallelism | hybrid parallel
通信开销 | communication overhead
迁移学习 | transfer learning
多域建模 | multi-domain modeling | multi-domain modelling
数字孪生 | digital twin
半监督学习 | semi-supervised learning
主动学习 | active learning
小样本 | few-shot
零样本 | zero-shot
推荐系统 | 推荐算法 | recommender system | recommendation system | recommendation
协同过滤 | collaborative filtering
关联规则 | association rule | association rules
冷启动 | cold start
基于知识的推荐 | 基于知识推荐 | knowledge-based recommendation
基于内容的推荐 | content-based recommendation
并行 | parallel
串行 | serial | sequential
超参数 | hyperparameter | hyper-parameter
参数量 | number of parameters | parameter count
时间复杂度 | time complexity
复杂度 | complexity
上下文 | context
上下文窗口 | 上下文长度 | context window | context length
提示 | 提示词 | prompt
幻觉 | hallucination
思维链 | chain of thought | chain-of-thought | CoT
检索增强生成 | retrieval-augmented generation | RAG
知识蒸馏 | knowledge distillation | distillation
门控线性单元 | gated linear unit | GLU
主成分分析 | principal component analysis | PCA
链表 | linked list
优点 | 好处 | 优势 | 优缺点 | advantage | advantages | benefit | benefits
缺点 | 劣势 | 优缺点 | 不足 | 局限 | 局限性 | 代价 | disadvantage | disadvantages | drawback | drawbacks | limitation | limitations
区别 | 不同 | 差异 | 异同 | difference | differences
公式 | 计算公式 | formula
代码 | 实现 | code | implementation
作用 | 用途 | 角色 | role | purpose
原理 | 思路 | 思想 | principle | idea
"""

_KINDS = """
激活函数 > ReLU | GeLU | Swish | SwiGLU | GeGLU | sigmoid | tanh | softmax
归一化 > LayerNorm | BatchNorm | RMSNorm | DeepNorm | 层归一化 | 批归一化
位置编码 > RoPE | ALiBi | 正弦 | 旋转位置编码
优化器 > Adam | AdamW | SGD | AdaGrad | RMSprop | 动量
分词器 > BPE | BBPE | WordPiece | SentencePiece | Unigram
损失函数 > 交叉熵 | 均方误差 | MSE
参数高效微调 > LoRA | QLoRA | P-tuning | Prefix Tuning | Adapter
正则化 > L1 | L2 | dropout | 早停
注意力机制 > 自注意力 | 多头注意力 | MHA | MQA | GQA
量化 > PTQ | QAT | int8 | GPTQ
循环神经网络 > LSTM | GRU | BiLSTM
"""
_MODELS = "BERT | RoBERTa | ALBERT | XLNet | GPT | GPT2 | GPT3 | ChatGPT | InstructGPT | LLaMA | ChatGLM | GLM | Baichuan | 百川 | Qwen | 通义千问 | T5 | BLOOM | PaLM | Mistral | DeepSeek | Mixtral | ERNIE | BART"
_WHICH = re.compile(r"(?:哪些|哪几?[个种类]|什么)(?:样的)?(?=([\u3400-\u9fff]+))|\bwhich\s+(?=((?:[a-z-]+ ){0,2}[a-z-]+))")
_MODEL = re.compile(rf"[\d.、\s]*(?:Transformers?|seq2seq|{_MODELS.replace(' | ', '|')})(?![A-Za-z])", re.IGNORECASE)
ASPECTS = frozenset(
    "优点 好处 优势 优缺点 缺点 劣势 不足 局限 局限性 代价 区别 不同 差异 异同 公式 计算公式 代码 实现 作用 用途 角色 原理 思路 思想 分类 均值 上下文 推理 权重 序列 嵌入 词元 token 双向 单向 并行 串行 收敛".split()  # noqa: SIM905
)
"""Names that say what is asked of a thing, not which thing."""


@lru_cache(maxsize=1)
def _narrower() -> dict[str, tuple[str, ...]]:
    rows = (line.split(" > ") for line in _KINDS.strip().splitlines())
    return {broad: tuple(narrow.split(" | ")) for broad, narrow in rows}


def kinds(name: str) -> tuple[str, ...]:
    """What is a kind of the thing that ``name`` (one of its glossary names) stands for; empty where the table has none."""
    groups, _, _ = _tables()
    table = _narrower()
    return next((table[other] for other in (name, *groups.get(_key(name), ())) if other in table), ())


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, tuple[str, ...]], re.Pattern[str], re.Pattern[str]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in _GLOSSARY.strip().splitlines():
        names = tuple(name.strip() for name in line.split("|"))
        for name in names:
            groups[_key(name)] = names
    chinese = sorted((re.escape(k) for k in groups if not k.isascii()), key=len, reverse=True)
    latin = sorted(
        (re.escape(k).replace(r"\ ", r"[\s-]?").replace("-", r"[\s-]?") for k in groups if k.isascii()), key=len, reverse=True
    )
    return groups, re.compile("|".join(chinese)), re.compile(rf"(?<![a-z0-9])(?:{'|'.join(latin)})(?:es|s)?(?![a-z0-9])")


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.lower())


def aliases(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Glossary names that stand in ``text`` (longest first, not overlapping), each with the other names of that thing.

    ``text`` is expected folded (NFKC, lower case, Simplified).
    """
    groups, chinese, latin = _tables()
    found = []
    for pattern in (chinese, latin):
        for match in pattern.finditer(text):
            name = match.group()
            key = _key(name)
            names = groups.get(key) or groups.get(key.removesuffix("s")) or groups.get(key.removesuffix("es")) or ()
            others = tuple(other for other in names if _key(other) != key)
            if others:
                found.append((name, others))
    return found


def latin_names(question: str) -> list[str]:
    """Latin words of a question that look like names ("LLaMA", "BLEU").

    In a question with Chinese every Latin word is taken for a name; in any other one only what is written like no ordinary
    word, three characters and more with a capital or a digit behind the first: a name in title case ("Bloom") may well
    stand in Chinese notes in Chinese.
    """
    words = re.findall(r"[A-Za-z][A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*", question)
    if not has_chinese(question):
        words = [word for word in words if len(word) > 2 and re.search(r"[A-Z0-9]", word[1:])]
    return list(dict.fromkeys(words))


def is_model(text: str) -> bool:
    """Whether ``text`` begins with the name of a model, of which other terms ("位置编码") may be parts."""
    return bool(_MODEL.match(text))


def sought(question: str) -> tuple[str, ...]:
    """The things of which a question asks for one or some ("哪些模型用…", "which optimizers …"), as far as the table knows them;
    empty for other questions. ``question`` is expected folded.
    """
    for match in _WHICH.finditer(question):
        thing = match.group(1) or match.group(2)
        if re.match(r"(?:大|语言|开源|预训练)*模型|(?:[a-z-]+ )*models?\b", thing):
            return tuple(_MODELS.split(" | "))
        for name, _ in aliases(thing):
            if (thing.startswith(name) or thing.isascii()) and (found := kinds(name)):
                return found
    return ()
